#include "tools/cairn/diagnosis.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tools/cairn/error_code.h"

namespace cairn::cli {
namespace {

// What answers at an address.
enum class Speaks { kHttp2, kHttp1, kTls, kNothing };

absl::Status Unavailable(absl::string_view code, absl::string_view message) {
  return WithErrorCode(absl::UnavailableError(message), code);
}

class Socket {
 public:
  explicit Socket(int family)
      : fd_(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // 0, or why it is not connected.
  int Connect(const sockaddr* address, socklen_t size, absl::Time deadline) const {
    if (fd_ < 0) return errno;
    if (connect(fd_, address, size) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    if (!Await(POLLOUT, deadline)) return ETIMEDOUT;
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
  }

  // The first bytes of what is answered to `bytes`; empty where nothing is.
  std::string Ask(absl::string_view bytes, absl::Time deadline) const {
    // It fits into the socket's buffer. A signal would end the process where the other end is
    // closed.
    if (send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) return "";
    char buffer[64];
    std::string answer;
    constexpr size_t kEnough = 9;  // A frame's header in HTTP/2.
    while (answer.size() < kEnough && Await(POLLIN, deadline)) {
      const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      answer.append(buffer, got);
    }
    return answer;
  }

 private:
  bool Await(short event, absl::Time deadline) const {
    while (true) {
      pollfd end = {fd_, event, 0};
      const int64_t left = std::max<int64_t>(0, absl::ToInt64Milliseconds(deadline - absl::Now()));
      const int ready = poll(&end, 1, static_cast<int>(left));
      if (ready >= 0 || errno != EINTR) return ready > 0;
    }
  }

  const int fd_;
};

using Addresses = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

// RFC 9113 §3.4, with empty settings.
constexpr absl::string_view kHttp2Preface("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);

// A ClientHello (RFC 5246 §7.4.1.2) of TLS 1.2: whoever speaks TLS answers with a record, be it an
// alert.
std::string ClientHello() {
  const std::string extensions = absl::HexStringToBytes(
      "000a00080006001d00170018"                          // groups: X25519, P-256, P-384
      "000d00140012040308040401050308050501060308060601"  // signatures: ECDSA, PSS, PKCS #1
      "000b00020100");                                    // points: uncompressed
  std::string hello = absl::HexStringToBytes("0303");
  hello.append(32, 'c');                                 // random
  absl::StrAppend(&hello, absl::HexStringToBytes("00"),  // no session
                  absl::HexStringToBytes("0010c02bc02fc02cc030cca9cca8009c002f"),
                  absl::HexStringToBytes("0100"));  // no compression
  const auto length = [](size_t size) {
    return std::string{static_cast<char>(size >> 8), static_cast<char>(size & 0xff)};
  };
  absl::StrAppend(&hello, length(extensions.size()), extensions);
  const std::string handshake =
      absl::StrCat(absl::HexStringToBytes("0100"), length(hello.size()), hello);
  return absl::StrCat(absl::HexStringToBytes("160301"), length(handshake.size()), handshake);
}

bool IsTls(absl::string_view answer) {
  return answer.size() >= 3 && (answer[0] == 0x15 || answer[0] == 0x16) && answer[1] == 0x03;
}

// One connection to each address in turn until one is made; its answer to `bytes`. `error` is of
// the last that could not be made, and 0 where one was.
template <typename Connect>
Speaks AskBoth(const Connect& connect, int& error) {
  std::string answer = connect(kHttp2Preface, error);
  if (error != 0) return Speaks::kNothing;
  if (answer.size() >= 9 && answer[3] == 0x04) return Speaks::kHttp2;
  if (absl::StartsWith(answer, "HTTP/")) return Speaks::kHttp1;
  if (!IsTls(answer)) answer = connect(ClientHello(), error);
  error = 0;
  return IsTls(answer) ? Speaks::kTls : Speaks::kNothing;
}

absl::Status CannotConnect(absl::string_view shown, int error) {
  if (error == ECONNREFUSED || error == ENOENT) {
    return Unavailable("nothing_listens",
                       absl::StrCat("nothing listens on ", shown,
                                    ": is the log running, and is this its --grpc_address?"));
  }
  if (error == ETIMEDOUT) {
    return Unavailable("timed_out", absl::StrCat(shown, " does not answer"));
  }
  return Unavailable("unavailable",
                     absl::StrCat(shown, " cannot be reached: ", std::strerror(error)));
}

// TLS answers, and gRPC went no further.
absl::Status NotTrusted(absl::string_view shown, absl::string_view grpc_says) {
  std::string why = "its certificate is not trusted";
  const std::string says = absl::AsciiStrToLower(grpc_says);
  if (absl::StrContains(says, "hostname verification") || absl::StrContains(says, "peer name")) {
    why = "its certificate is for another name";
  }
  return Unavailable("certificate_not_trusted",
                     absl::StrCat(shown, ": ", why,
                                  ": give --tls_ca FILE with the authority that "
                                  "issued it, and the HOST that it names; a log that asks for a "
                                  "client certificate wants --tls_cert and --tls_key"));
}

absl::Status Judge(Speaks speaks, absl::string_view shown, bool tls, absl::string_view grpc_says) {
  switch (speaks) {
    case Speaks::kTls:
      if (tls) return NotTrusted(shown, grpc_says);
      return Unavailable("wants_tls",
                         absl::StrCat(shown,
                                      ": this log speaks TLS: add --tls, or --tls_ca FILE "
                                      "with the authority that issued its certificate"));
    case Speaks::kHttp2:
      if (!tls) return absl::OkStatus();
      return Unavailable("wants_plain_text",
                         absl::StrCat(shown,
                                      ": this log speaks plain text: leave out --tls, --tls_ca and "
                                      "--tls_cert"));
    case Speaks::kHttp1:
      return Unavailable("not_a_log", absl::StrCat(shown,
                                                   " speaks HTTP, not gRPC: --log takes the log's "
                                                   "--grpc_address, not its --http_address"));
    case Speaks::kNothing:
      break;
  }
  return Unavailable("not_a_log",
                     absl::StrCat("something listens on ", shown, ", but it does not speak gRPC"));
}

}  // namespace

absl::Status Diagnose(const HostPort& address, absl::string_view shown, bool tls,
                      absl::string_view grpc_says, absl::Duration patience) {
  int error = 0;
  if (!address.unix_path.empty()) {
    sockaddr_un name = {};
    name.sun_family = AF_UNIX;
    if (address.unix_path.size() >= sizeof name.sun_path) {
      return Unavailable("nothing_listens", absl::StrCat(shown, ": the path is too long"));
    }
    std::copy(address.unix_path.begin(), address.unix_path.end(), name.sun_path);
    const Speaks speaks = AskBoth(
        [&](absl::string_view bytes, int& failed) {
          const Socket socket(AF_UNIX);
          failed = socket.Connect(reinterpret_cast<const sockaddr*>(&name), sizeof name,
                                  absl::Now() + patience);
          return failed == 0 ? socket.Ask(bytes, absl::Now() + patience) : std::string();
        },
        error);
    return error != 0 ? CannotConnect(shown, error) : Judge(speaks, shown, tls, grpc_says);
  }
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int lookup = getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found);
  const Addresses addresses(found, freeaddrinfo);
  if (lookup != 0) {
    return Unavailable(
        "name_not_resolved",
        absl::StrCat("the name `", address.host, "` in --log does not resolve: ",
                     lookup == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(lookup)));
  }
  const Speaks speaks = AskBoth(
      [&](absl::string_view bytes, int& failed) {
        for (const addrinfo* one = addresses.get(); one != nullptr; one = one->ai_next) {
          const Socket socket(one->ai_family);
          failed = socket.Connect(one->ai_addr, one->ai_addrlen, absl::Now() + patience);
          if (failed == 0) return socket.Ask(bytes, absl::Now() + patience);
        }
        return std::string();
      },
      error);
  return error != 0 ? CannotConnect(shown, error) : Judge(speaks, shown, tls, grpc_says);
}

}  // namespace cairn::cli
