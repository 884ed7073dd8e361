// What stands where a witness should be: an HTTP server that answers with any bytes, or with none.
//
// One request a connection, which is closed behind the answer.
// Threads: its own, one a connection; the behaviour is called on those, several at a time.

#ifndef CAIRN_TESTS_WITNESS_FAKE_WITNESS_H_
#define CAIRN_TESTS_WITNESS_FAKE_WITNESS_H_

#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace cairn::testing {

class FakeWitness {
 public:
  // All bytes to send to a request, such as `POST /add-checkpoint` with its body; nullopt: none,
  // and the connection stays open until the client closes it.
  using Behaviour = std::function<std::optional<std::string>(const std::string& request,
                                                             const std::string& body)>;

  // Listens on a free loopback port.
  explicit FakeWitness(Behaviour behaviour);
  // Closes what is open. A behaviour that still runs is waited for.
  ~FakeWitness();
  FakeWitness(const FakeWitness&) = delete;
  FakeWitness& operator=(const FakeWitness&) = delete;

  // HOST:PORT.
  const std::string& address() const { return address_; }

 private:
  void Accept();
  void Serve(int fd);

  const Behaviour behaviour_;
  int listener_ = -1;
  std::string address_;
  std::mutex mutex_;
  bool stopping_ = false;
  std::vector<int> open_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

// An answer as an honest server frames it.
std::string HttpResponse(int status, const std::string& body);

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_WITNESS_FAKE_WITNESS_H_
