"""Fuzz targets: libFuzzer binaries, and their corpora replayed as ordinary tests."""

load(":cc.bzl", "cc_library")

def cairn_fuzz_target(name, src, deps, corpus):
    """A fuzzer of one LLVMFuzzerTestOneInput.

    Makes `name`, a libFuzzer binary that builds with --config=fuzz only (tools/test --all finds and runs
    them by their tag), and `name_replay_test`, a test that feeds it each corpus file once.

    Args:
      name: the fuzzer; by custom the stem of `src`, ending in `_fuzzer`.
      src: the source file that defines LLVMFuzzerTestOneInput.
      deps: what it links.
      corpus: files to begin from; at least one.
    """
    if not corpus:
        fail("%s: the corpus is empty; put a file into it" % name)
    cc_library(
        name = name + "_lib",
        testonly = True,
        srcs = [src],
        deps = deps,
        alwayslink = True,
        visibility = ["//visibility:private"],
    )
    native.filegroup(
        name = name + "_corpus",
        testonly = True,
        srcs = corpus,
        visibility = ["//visibility:private"],
    )
    native.cc_binary(
        name = name,
        testonly = True,
        linkopts = ["-fsanitize=fuzzer"],
        # `manual`: without --config=fuzz the link line means nothing to the compiler.
        tags = [
            "cairn_fuzzer",
            "manual",
        ],
        deps = [":" + name + "_lib"],
        visibility = ["//visibility:private"],
    )
    native.cc_test(
        name = name + "_replay_test",
        size = "small",
        args = ["$(locations :%s_corpus)" % name],
        data = [":" + name + "_corpus"],
        deps = [
            ":" + name + "_lib",
            "//tools/build:fuzz_replay_main",
        ],
    )
