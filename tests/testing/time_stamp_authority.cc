#include "tests/testing/time_stamp_authority.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

constexpr char kCaConfig[] = R"([ca]
default_ca = d
[d]
database = index
new_certs_dir = issued
serial = serial
rand_serial = yes
default_md = sha256
default_crl_days = 30
policy = any
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = dn
[dn]
)";

std::string TsaConfig(const ReplyOptions& options) {
  return "[tsa]\ndefault_tsa = t\n[t]\nserial = tsa.serial\nsigner_digest = sha256\n"
         "default_policy = " +
         options.policy +
         "\ndigests = sha256\naccuracy = secs:1\ntsa_name = yes\ness_cert_id_alg = " +
         options.ess_cert_id_alg + "\n";
}

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::abort();
}

}  // namespace

TimeStampAuthority::TimeStampAuthority() {
  const char* parent = std::getenv("TEST_TMPDIR");
  std::string name = std::string(parent == nullptr ? "/tmp" : parent) + "/tsa-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) Die("no directory " + name);
  directory_ = name;
  fs::create_directory(Path("issued"));
  Write("ca.cnf", kCaConfig);
  Write("index", "");
  Run({"req",
       "-x509",
       "-newkey",
       "ec",
       "-pkeyopt",
       "ec_paramgen_curve:prime256v1",
       "-nodes",
       "-subj",
       "/CN=Test root",
       "-days",
       "36500",
       "-config",
       "ca.cnf",
       "-addext",
       "basicConstraints=critical,CA:TRUE",
       "-addext",
       "keyUsage=critical,keyCertSign,cRLSign",
       "-keyout",
       "root.key",
       "-out",
       "root.pem"});
  // openssl would begin its life now, and tests make tokens of the past.
  Run({"req", "-new", "-key", "root.key", "-subj", "/CN=Test root", "-config", "ca.cnf", "-out",
       "root.csr"});
  Write("root.ext", kCaExtensions);
  Run({"ca", "-batch", "-notext", "-config", "ca.cnf", "-selfsign", "-keyfile", "root.key", "-in",
       "root.csr", "-out", "root.pem", "-extfile", "root.ext", "-startdate", "20000101000000Z",
       "-enddate", "21500101000000Z"});
  Issue("tsa", {});
}

TimeStampAuthority::~TimeStampAuthority() {
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void TimeStampAuthority::Issue(const std::string& name, const IssueOptions& options) {
  Run({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
       "-subj", "/CN=Test " + name, "-config", "ca.cnf", "-keyout", name + ".key", "-out",
       name + ".csr"});
  Write(name + ".ext", options.extensions);
  Run({"ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", options.issuer + ".pem", "-keyfile",
       options.issuer + ".key", "-in", name + ".csr", "-out", name + ".pem", "-extfile",
       name + ".ext", "-startdate", options.begin, "-enddate", options.end});
}

std::string TimeStampAuthority::Pem(const std::string& name) const { return Read(name + ".pem"); }

std::string TimeStampAuthority::Reply(const std::string& request, const ReplyOptions& options) {
  Write("request.tsq", request);
  Write("tsa.cnf", TsaConfig(options));
  Run({"ts", "-reply", "-config", "tsa.cnf", "-queryfile", "request.tsq", "-signer",
       options.signer + ".pem", "-inkey", options.signer + ".key", "-out", "reply.tsr"});
  return Read("reply.tsr");
}

std::string TimeStampAuthority::Sign(const std::string& tst_info,
                                     const std::vector<std::string>& signers,
                                     const std::string& digest) {
  Write("info.der", tst_info);
  std::vector<std::string> arguments = {"cms",
                                        "-sign",
                                        "-binary",
                                        "-nodetach",
                                        "-nosmimecap",
                                        "-md",
                                        digest,
                                        "-cades",
                                        "-outform",
                                        "DER",
                                        "-in",
                                        "info.der",
                                        "-out",
                                        "token.der",
                                        "-econtent_type",
                                        "1.2.840.113549.1.9.16.1.4"};
  for (const std::string& signer : signers) {
    arguments.insert(arguments.end(), {"-signer", signer + ".pem", "-inkey", signer + ".key"});
  }
  Run(arguments);
  return Read("token.der");
}

void TimeStampAuthority::Revoke(const std::string& name, const std::string& reason) {
  Run({"ca", "-config", "ca.cnf", "-cert", "root.pem", "-keyfile", "root.key", "-revoke",
       name + ".pem", "-crl_reason", reason});
}

std::string TimeStampAuthority::Crl(const CrlOptions& options) {
  std::vector<std::string> arguments = {"ca",
                                        "-config",
                                        "ca.cnf",
                                        "-cert",
                                        options.issuer + ".pem",
                                        "-keyfile",
                                        options.issuer + ".key",
                                        "-gencrl",
                                        "-out",
                                        "crl.pem"};
  if (!options.this_update.empty()) {
    arguments.insert(arguments.end(), {"-crl_lastupdate", options.this_update});
  }
  if (!options.next_update.empty()) {
    arguments.insert(arguments.end(), {"-crl_nextupdate", options.next_update});
  }
  if (!options.extensions.empty()) {
    Write("crl.cnf", std::string(kCaConfig) + "[crl]\n" + options.extensions + "\n");
    arguments[2] = "crl.cnf";
    arguments.insert(arguments.end(), {"-crlexts", "crl"});
  }
  Run(arguments);
  Run({"crl", "-in", "crl.pem", "-outform", "DER", "-out", "crl.der"});
  return Read("crl.der");
}

bool TimeStampAuthority::Accepts(const std::string& response, const std::string& request) {
  Write("verify.tsr", response);
  Write("verify.tsq", request);
  return Try({"ts", "-verify", "-queryfile", "verify.tsq", "-in", "verify.tsr", "-CAfile",
              "root.pem"}) == 0;
}

void TimeStampAuthority::Write(const std::string& name, const std::string& bytes) const {
  std::ofstream(Path(name), std::ios::binary) << bytes;
}

std::string TimeStampAuthority::Read(const std::string& name) const {
  std::ifstream in(Path(name), std::ios::binary);
  if (!in) Die("no file " + Path(name).string());
  return {std::istreambuf_iterator<char>(in), {}};
}

int TimeStampAuthority::Try(const std::vector<std::string>& arguments) const {
  std::vector<std::string> copies = {"openssl"};
  copies.insert(copies.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(copies.size() + 1);
  for (std::string& copy : copies) pointers.push_back(copy.data());
  pointers.push_back(nullptr);
  const std::string directory = directory_.string();
  const pid_t pid = fork();
  if (pid == 0) {
    const int out = chdir(directory.c_str()) == 0
                        ? open("openssl.out", O_WRONLY | O_CREAT | O_TRUNC, 0600)
                        : -1;
    if (out < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0) _exit(126);
    execvp("openssl", pointers.data());
    _exit(127);
  }
  int status = 0;
  if (pid < 0 || waitpid(pid, &status, 0) != pid) Die("cannot run openssl");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

void TimeStampAuthority::Run(const std::vector<std::string>& arguments) const {
  const int code = Try(arguments);
  if (code == 0) return;
  std::string line = "openssl";
  for (const std::string& argument : arguments) line += " " + argument;
  Die(line + " ended with " + std::to_string(code) + ": " + Read("openssl.out"));
}

}  // namespace cairn::testing
