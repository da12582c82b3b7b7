#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "options.h"
#include "split.h"

// As much of HTTP/1.1 as a keep-alive client of small answers needs.

struct Response {
  int status;
  std::string_view body;  // into the stream, or into `joined`
  std::size_t bytes;      // of the whole response
  bool closes;            // nothing follows it on this connection
  std::string joined;     // the body that came in chunks
};

// Looks at the front of `stream`; `response` is filled in when it is whole. `ended`: nothing will
// be added to the stream, which is how the body of a response without a length ends, where it says
// that its connection closes; where it does not, it is broken.
[[nodiscard]] Split next_response(std::string_view stream, bool ended, Response& response);

// A POST of `body` on a connection that stays open.
std::string http_request(const Options& options, std::string_view body);

// Of a head that ends with its empty line: the status, 0 when there is none; a header's value,
// empty when it is not there. `name` is in lower case.
int http_status(std::string_view head) noexcept;
std::string_view http_header(std::string_view head, std::string_view name) noexcept;
