// The index file: a header, then sections that lie as they do in memory, each at the start of a page, so
// that an opened file is used where it is mapped. The table is in native/README.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/checksum.h"
#include "core/status.h"
#include "index/options.h"

namespace vitrine {

inline constexpr std::uint32_t kFileVersion = 4;
inline constexpr std::uint32_t kFileVersionOldest = 2;  // that is read: it has no note

// Longest note of the caller's (index.h).
inline constexpr std::uint64_t kNoteBytesMax = 1ull << 32;

// Sections begin at multiples of this, the header counted in.
inline constexpr std::size_t kFilePage = 4096;

// As it lies in the file, little-endian.
struct FileHeader {
  char magic[8] = {'V', 'I', 'T', 'R', 'V', 'E', 'C', '\n'};
  std::uint32_t version = kFileVersion;
  std::uint32_t kind = 0;
  std::uint32_t metric = 0;
  std::uint32_t dim = 0;
  std::uint32_t degree = 0;
  std::uint32_t build_beam = 0;
  std::uint64_t slots = 0;
  std::uint64_t size = 0;
  std::uint32_t entries = 0;
  std::uint32_t entry_level = 0;
  std::uint64_t payload_bytes = 0;
  std::uint64_t payload_checksum = 0;
  std::uint32_t keep = 0;
  std::uint32_t code_bytes = 0;  // of a vector
  double row_error = 0;          // largest distance of a coded direction from the true
  std::uint64_t note_bytes = 0;  // the caller's
  std::uint8_t reserved[24] = {};
  std::uint64_t header_checksum = 0;  // of the bytes before it
};
static_assert(sizeof(FileHeader) == 128);

// Bytes from the first section to the end of the last.
std::uint64_t payload_bytes(const FileHeader& header) noexcept;

// A file in memory: changes to it stay in memory.
class Mapping {
 public:
  Mapping(void* data, std::size_t bytes) noexcept : data_(data), bytes_(bytes) {}
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  std::byte* data() const noexcept { return static_cast<std::byte*>(data_); }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  void* data_;
  std::size_t bytes_;
};

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// Writes beside `path`, and takes its place only when everything is on the disk. Links are followed;
// what is there and is no regular file is left alone. What goes wrong on the way is told by `finish`; a
// writer that is not finished leaves nothing behind.
class FileWriter {
 public:
  explicit FileWriter(std::string path);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  // Begins a section.
  void begin();
  void write(const void* data, std::size_t bytes);
  void fill(std::uint8_t value, std::size_t bytes);

  // A section: the first `slots` slots of an array, then `rest` up to the end of a chunk.
  template <class Array>
  void write_slots(const Array& array, std::uint32_t slots, std::uint8_t rest) {
    begin();
    const std::size_t width = array.width() * sizeof(*array.at(0));
    for (std::uint32_t at = 0; at < slots; at += Array::kChunkSlots) {
      const std::uint32_t now = slots - at < Array::kChunkSlots ? slots - at : Array::kChunkSlots;
      write(array.at(at), now * width);
      fill(rest, (Array::kChunkSlots - now) * width);
    }
  }

  // Completes the header with sizes and checksums, syncs, and renames. Fails with `storage`.
  Status finish(FileHeader header);

 private:
  void note_failure(const char* doing);

  std::string path_;
  std::string part_;  // the file that is written
  File file_;
  Checksum checksum_;
  std::uint64_t bytes_ = 0;  // after the header's page
  std::string failure_;
};

// `map` is ready at once, and reads what is touched; a change copies a page. `load` reads everything into
// memory of its own, in huge pages where there are some.
enum class Opening : std::uint8_t { map, load };

// Maps a file and hands out its sections in order. It checks header, sizes and checksums first; whoever
// made the file, memory is safe, but values may be anything.
class FileReader {
 public:
  explicit FileReader(Opening opening) : opening_(opening) {}

  Status open(std::string path);

  const FileHeader& header() const noexcept { return header_; }
  IndexOptions options(const DistanceKernels* kernels) const noexcept;

  // What arrays use where it lies: to be kept as long as they are. nullptr where all were copied.
  std::shared_ptr<Mapping> mapping_in_use() const noexcept { return in_use_ ? mapping_ : nullptr; }

  // The next section: `count` values. The header says that they are there.
  template <class T>
  T* next(std::size_t count) noexcept {
    T* section = reinterpret_cast<T*>(mapping_->data() + at_);
    at_ = (at_ + count * sizeof(T) + kFilePage - 1) / kFilePage * kFilePage;
    return section;
  }

  // An array of the header's slots: used where it lies, or copied (`Opening::load`).
  template <class Array>
  void next_slots(Array& array, std::uint32_t slots) {
    const std::size_t chunks = (slots + Array::kChunkSlots - 1) / Array::kChunkSlots;
    const std::size_t width = array.width() * Array::kChunkSlots;
    auto* values = next<typename Array::Value>(chunks * width);
    if (opening_ == Opening::load && array.reserve(slots)) {
      for (std::size_t i = 0; i < chunks; ++i) {
        auto* chunk = array.make_chunk();
        std::memcpy(chunk, values + i * width, width * sizeof *values);
        array.append(chunk);
      }
      return;
    }
    for (std::size_t i = 0; i < chunks; ++i) array.append(values + i * width);
    in_use_ = true;
  }

  // A failure that says what is wrong with the file.
  Status damaged(std::string_view what) const;

 private:
  const Opening opening_;
  std::string path_;
  FileHeader header_;
  std::shared_ptr<Mapping> mapping_;
  std::size_t at_ = kFilePage;
  bool in_use_ = false;
};

}  // namespace vitrine
