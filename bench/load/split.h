#pragma once

// What the front of a received byte stream holds: a whole message, part of one that needs more
// bytes, or something that is no message of this protocol.
enum class Split { whole, partial, broken };
