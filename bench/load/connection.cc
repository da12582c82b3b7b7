#include "connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
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

int connect_to(const Options& options) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(options.port));
  if (inet_pton(AF_INET, options.host.c_str(), &address.sin_addr) != 1) {
    fail("'" + options.host + "' is no IPv4 address");
  }
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail(std::string("no socket: ") + std::strerror(errno));
  if (connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    fail("cannot connect to " + options.host + ":" + std::to_string(options.port) + ": " +
         std::strerror(errno));
  }
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return descriptor;
}

}  // namespace

Connection::Connection(const Options& options, int number)
    : descriptor_(connect_to(options)), number_(number) {
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

// Blocking: connections are opened one after the other, before the run starts.
void Connection::upgrade(const Options& options) {
  outgoing_ = upgrade_request(options);
  if (!flush()) fail("the server closed the connection before the handshake");
  std::string reply;
  while (reply.find("\r\n\r\n") == std::string::npos) {
    const ssize_t count = recv(descriptor_, receive_buffer, kHeadBytesMax, 0);
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
