"""cc_library, cc_binary and cc_test, with the most common system headers precompiled.

Reading the standard library, Abseil and GoogleTest again for each file took half of a build. GCC
takes a precompiled header only where it was made with the same options, and otherwise reads the
text: that is slower, never wrong.
"""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

# What many files include, and nothing of ours. A file still includes what it uses: the builds of the
# sanitizers and clang-tidy have no precompiled headers.
COMMON_HEADERS = [
    "algorithm",
    "atomic",
    "chrono",
    "condition_variable",
    "deque",
    "filesystem",
    "fstream",
    "functional",
    "future",
    "iostream",
    "map",
    "memory",
    "mutex",
    "optional",
    "random",
    "set",
    "sstream",
    "string",
    "thread",
    "utility",
    "variant",
    "vector",
    "absl/container/flat_hash_map.h",
    "absl/status/status.h",
    "absl/status/statusor.h",
    "absl/strings/escaping.h",
    "absl/strings/match.h",
    "absl/strings/str_cat.h",
    "absl/strings/str_join.h",
    "absl/strings/str_split.h",
    "absl/strings/string_view.h",
    "absl/time/time.h",
    "absl/types/span.h",
]

# Beside them, what a target reads that names one of these among its deps. GCC maps the whole of a
# precompiled header, so that those who do not need them are spared.
HEADERS_OF_LIBRARIES = {
    "@system//:grpc": ["nlohmann/json.hpp", "grpcpp/grpcpp.h"],
    "@system//:json": ["nlohmann/json.hpp"],
}

_HEADER = "tools/build/%s/headers.h"

def _precompiled_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    header = ctx.actions.declare_file(ctx.label.name + "/headers.h")
    ctx.actions.write(header, "".join(["#include <%s>\n" % name for name in ctx.attr.headers]))
    precompiled = ctx.actions.declare_file(ctx.label.name + "/headers.h.gch")
    variables = cc_common.create_compile_variables(
        feature_configuration = features,
        cc_toolchain = toolchain,
        source_file = header.path,
        output_file = precompiled.path,
        user_compile_flags = ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts + ctx.attr.copts +
                             ["-x", "c++-header"],
        use_pic = True,
    )
    action = "c++-compile"
    ctx.actions.run(
        executable = cc_common.get_tool_for_action(
            feature_configuration = features,
            action_name = action,
        ),
        arguments = cc_common.get_memory_inefficient_command_line(
            feature_configuration = features,
            action_name = action,
            variables = variables,
        ),
        env = cc_common.get_environment_variables(
            feature_configuration = features,
            action_name = action,
            variables = variables,
        ),
        inputs = depset([header], transitive = [toolchain.all_files]),
        outputs = [precompiled],
        mnemonic = "CppPrecompile",
        progress_message = "Precompiling headers for " + ctx.label.name,
    )
    return [CcInfo(compilation_context = cc_common.create_compilation_context(
        headers = depset([header, precompiled]),
    ))]

precompiled_headers = rule(
    doc = "What GCC makes of `headers` with the options of this build and `copts`.",
    implementation = _precompiled_impl,
    attrs = {
        "headers": attr.string_list(mandatory = True),
        "copts": attr.string_list(),
        "_cc_toolchain": attr.label(default = Label("@bazel_tools//tools/cpp:current_cc_toolchain")),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)

# GCC 12 believes in overruns in std::string's own code (its bug 105651, and kin), and no longer
# knows that it is to be silent about system headers where they were precompiled.
_QUIET = [
    "-Wno-array-bounds",
    "-Wno-restrict",
    "-Wno-stringop-overflow",
    "-Wno-stringop-overread",
]

def precompiled_sets(name, headers, copts = []):
    """The precompiled headers `name`, and `name_grpc`, `name_json` for the users of those libraries."""
    sets = {name: headers}
    for library, more in HEADERS_OF_LIBRARIES.items():
        sets[name + "_" + library.split(":")[1]] = headers + more
    for one, all_headers in sets.items():
        precompiled_headers(
            name = one,
            copts = copts,
            headers = all_headers,
            visibility = ["//visibility:public"],
        )

def _set_for(name, arguments):
    for library in HEADERS_OF_LIBRARIES:
        if library in arguments.get("deps", []):
            return name + "_" + library.split(":")[1]
    return name

def _with(name, arguments):
    """`arguments` of a rule with what the precompiled headers `name` add."""
    name = _set_for(name, arguments)
    return dict(
        arguments,
        copts = arguments.get("copts", []) + select({
            "//:sanitized": [],
            "//conditions:default": ["-include", _HEADER % name] + _QUIET,
        }),
        deps = arguments.get("deps", []) + select({
            "//:sanitized": [],
            "//conditions:default": ["//tools/build:" + name],
        }),
    )

def cc_library(**arguments):
    native.cc_library(**_with("precompiled", arguments))

def cc_binary(**arguments):
    native.cc_binary(**_with("precompiled", arguments))

def cc_test(**arguments):
    native.cc_test(**_with("precompiled_for_tests", arguments))
