"""Repositories that stand in for what Bazel would download, and the system's libraries."""

def _reexport_impl(ctx):
    ctx.file("WORKSPACE", "")
    ctx.file(ctx.attr.package + "/BUILD", "")
    ctx.file(
        ctx.attr.package + "/defs.bzl",
        "".join(["%s = native.%s\n" % (rule, rule) for rule in ctx.attr.rules]),
    )

_reexport = repository_rule(
    doc = "A repository whose `package/defs.bzl` re-exports Bazel's native rules.",
    implementation = _reexport_impl,
    attrs = {"package": attr.string(), "rules": attr.string_list()},
)

def cairn_repositories():
    _reexport(
        name = "rules_cc",
        package = "cc",
        rules = ["cc_binary", "cc_import", "cc_library", "cc_test", "cc_toolchain", "cc_toolchain_suite"],
    )
    _reexport(
        name = "rules_java",
        package = "java",
        rules = ["java_binary", "java_import", "java_library", "java_runtime", "java_toolchain"],
    )
    native.local_repository(
        name = "remote_coverage_tools",
        path = "tools/coverage",
    )
    native.new_local_repository(
        name = "system",
        path = "/usr",
        build_file = "//tools/build:system.BUILD",
    )
