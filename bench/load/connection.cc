#include "connection.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "websocket.h"

namespace {

constexpr std::size_t kReceiveBytes = 256 * 1024;
constexpr std::size_t kHeadBytesMax = 8192;

// Bytes that are sent and still held, while others behind them wait for a server that is behind.
constexpr std::size_t kSentBytesMax = 4 * 1024 * 1024;

// One for all connections: what is left over is copied out of it before the next receive.
char receive_buffer[kReceiveBytes];

// A server that takes longer to let a connection in does not count as there.
constexpr timeval kPatience{10, 0};

int make_socket(const addrinfo& address, int flags) {
  const int descriptor = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  if (descriptor < 0) fail(std::string("no socket: ") + std::strerror(errno));
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return descriptor;
}

// Tries every address of the name.
int connect_to(const Options& options, const Address& address, const addrinfo*& took) {
  for (const addrinfo* one = &address.first();; one = one->ai_next) {
    const int descriptor = make_socket(*one, 0);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    if (connect(descriptor, one->ai_addr, one->ai_addrlen) == 0) {
      took = one;
      return descriptor;
    }
    const std::string why = errno == EINPROGRESS ? "no answer in 10 s" : std::strerror(errno);
    ::close(descriptor);
    if (one->ai_next == nullptr) {
      fail("cannot connect to " + options.host + ":" + std::to_string(options.port) + ": " + why);
    }
  }
}

}  // namespace

Address::Address(const Options& options) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  const std::string port = std::to_string(options.port);
  const int code = getaddrinfo(options.host.c_str(), port.c_str(), &hints, &list_);
  if (code != 0) fail("'" + options.host + "' has no address: " + gai_strerror(code));
}

Address::~Address() { freeaddrinfo(list_); }

Connection::Connection(const Options& options, const Address& address, int number)
    : descriptor_(connect_to(options, address, address_)), number_(number) {
  if (options.transport == TransportKind::websocket) upgrade(options);
  fcntl(descriptor_, F_SETFL, fcntl(descriptor_, F_GETFL) | O_NONBLOCK);
}

Connection::~Connection() { close(); }

bool Connection::flush() noexcept {
  while (sent_ < outgoing_.size()) {
    const ssize_t taken =
        send(descriptor_, outgoing_.data() + sent_, outgoing_.size() - sent_, MSG_NOSIGNAL);
    if (taken < 0) {
      const bool waits = errno == EAGAIN || errno == EWOULDBLOCK;
      if (sent_ > kSentBytesMax) {
        outgoing_.erase(0, sent_);
        sent_ = 0;
      }
      return waits;
    }
    sent_ += static_cast<std::size_t>(taken);
  }
  outgoing_.clear();
  sent_ = 0;
  return true;
}

std::string_view Connection::receive(bool& gone) {
  const ssize_t count = recv(descriptor_, receive_buffer, sizeof receive_buffer, 0);
  gone = count == 0 || (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
  const std::string_view fresh(receive_buffer, static_cast<std::size_t>(count > 0 ? count : 0));
  if (kept_.empty()) {
    received_ = fresh;
  } else {
    kept_.append(fresh);
    received_ = kept_;
  }
  return received_;
}

void Connection::consume(std::size_t bytes) {
  std::string rest(received_.substr(bytes));
  kept_ = std::move(rest);
  received_ = {};
}

void Connection::close() noexcept {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

// A refusal that comes at once stays with the socket, and fails the first send.
void Connection::reopen() {
  descriptor_ = make_socket(*address_, SOCK_NONBLOCK);
  outgoing_.clear();
  sent_ = 0;
  kept_.clear();
  received_ = {};
  (void)::connect(descriptor_, address_->ai_addr, address_->ai_addrlen);
}

// Blocking: connections are opened one after the other, before the run starts.
void Connection::upgrade(const Options& options) {
  outgoing_ = upgrade_request(options);
  if (!flush()) fail("the server closed the connection before the handshake");
  std::string reply;
  while (reply.find("\r\n\r\n") == std::string::npos) {
    const ssize_t count = recv(descriptor_, receive_buffer, kHeadBytesMax, 0);
    if (count < 0 && errno == EAGAIN) fail("the server did not answer the handshake in 10 s");
    if (count <= 0) fail("the server closed the connection in the handshake");
    reply.append(receive_buffer, static_cast<std::size_t>(count));
    if (reply.size() > kHeadBytesMax) fail("the handshake's reply does not end");
  }
  const std::size_t head = reply.find("\r\n\r\n") + 4;
  if (!granted(std::string_view(reply).substr(0, head), options)) {
    fail("the server did not grant the WebSocket: " + reply.substr(0, reply.find("\r\n")));
  }
  kept_ = reply.substr(head);
}
