"""C++ from .proto files, by Debian's protoc and gRPC plugin."""

def cairn_proto_library(name, src, deps = [], grpc = False, visibility = None):
    """Compiles one .proto file into a cc_library.

    Args:
      name: the library.
      src: the .proto file, in this package.
      deps: libraries made by this macro that `src` imports.
      grpc: whether to generate the services instead of the messages.
      visibility: of the library.
    """
    stem = src[:-len(".proto")]
    suffix = ".grpc.pb" if grpc else ".pb"
    outs = [stem + suffix + ".h", stem + suffix + ".cc"]
    plugin = "--plugin=protoc-gen-out=/usr/bin/grpc_cpp_plugin --out_out=$(GENDIR)" if grpc else "--cpp_out=$(GENDIR)"
    native.genrule(
        name = name + "_gen",
        srcs = native.glob(["*.proto"]),
        outs = outs,
        cmd = "/usr/bin/protoc -I. %s $(location %s)" % (plugin, src),
        visibility = ["//visibility:private"],
    )
    native.cc_library(
        name = name,
        srcs = [outs[1]],
        hdrs = [outs[0]],
        # Generated code is not ours to warn about.
        copts = ["-w"],
        deps = deps + (["@system//:grpc"] if grpc else ["@system//:protobuf"]),
        visibility = visibility,
    )
