// A time-stamp authority with a root of its own, made of the `openssl` command: the genuine article
// to test against, and a forger's workshop.
//
// Whatever fails ends the process with what openssl said: a test cannot go on without.
// Threads: one at a time. Files lie in a directory of its own under TEST_TMPDIR, removed at the
//   end.

#ifndef CAIRN_TESTS_TESTING_TIME_STAMP_AUTHORITY_H_
#define CAIRN_TESTS_TESTING_TIME_STAMP_AUTHORITY_H_

#include <filesystem>
#include <string>
#include <vector>

namespace cairn::testing {

inline constexpr char kTestPolicy[] = "1.2.3.4.1";

struct IssueOptions {
  std::string issuer = "root";
  // Lines of an openssl extension section.
  std::string extensions = "extendedKeyUsage = critical,timeStamping";
  // YYYYMMDDhhmmssZ
  std::string begin = "20200101000000Z";
  std::string end = "21200101000000Z";
};

inline constexpr char kCaExtensions[] =
    "basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign,cRLSign";

struct ReplyOptions {
  std::string signer = "tsa";
  std::string policy = kTestPolicy;
  // sha1 makes the older attribute, an ESSCertID.
  std::string ess_cert_id_alg = "sha256";
};

struct CrlOptions {
  std::string issuer = "root";
  // YYYYMMDDhhmmssZ. Empty: now, and in thirty days.
  std::string this_update = {};
  std::string next_update = {};
  // Lines of an openssl extension section. Empty: none.
  std::string extensions = {};
};

class TimeStampAuthority {
 public:
  // With a certificate "root" and, under it, "tsa".
  TimeStampAuthority();
  ~TimeStampAuthority();
  TimeStampAuthority(const TimeStampAuthority&) = delete;
  TimeStampAuthority& operator=(const TimeStampAuthority&) = delete;

  // A certificate of this name, over a key of its own.
  void Issue(const std::string& name, const IssueOptions& options);
  std::string Pem(const std::string& name) const;
  std::filesystem::path PemFile(const std::string& name) const { return Path(name + ".pem"); }

  // The answer to a TimeStampReq, now: a TimeStampResp, which may be a refusal.
  std::string Reply(const std::string& request, const ReplyOptions& options = {});
  // A token over any TSTInfo at all, signed by each of `signers`.
  std::string Sign(const std::string& tst_info, const std::vector<std::string>& signers,
                   const std::string& digest = "sha256");

  void Revoke(const std::string& name, const std::string& reason);
  // What the issuer has revoked by now, in DER.
  std::string Crl(const CrlOptions& options = {});

  // What `openssl ts -verify` says of a response under this root.
  bool Accepts(const std::string& response, const std::string& request);

 private:
  std::filesystem::path Path(const std::string& name) const { return directory_ / name; }
  void Write(const std::string& name, const std::string& bytes) const;
  std::string Read(const std::string& name) const;
  // The exit code. Runs in the directory, without a shell.
  int Try(const std::vector<std::string>& arguments) const;
  void Run(const std::vector<std::string>& arguments) const;

  std::filesystem::path directory_;
};

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_TESTING_TIME_STAMP_AUTHORITY_H_
