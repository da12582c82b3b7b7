// The index file: a header of 128 bytes, then sections without gaps. The table is in native/README.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "core/checksum.h"
#include "core/status.h"
#include "index/options.h"

namespace vitrine {

inline constexpr std::uint32_t kFileVersion = 1;

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
  std::uint8_t reserved[44] = {};
  std::uint64_t header_checksum = 0;  // of the bytes before it
};
static_assert(sizeof(FileHeader) == 128);

// Bytes of all sections of a file with this header.
std::uint64_t payload_bytes(const FileHeader& header) noexcept;

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// Writes beside `path`, and takes its place only when everything is on the disk. What goes wrong on
// the way is told by `finish`; a writer that is not finished leaves nothing behind.
class FileWriter {
 public:
  explicit FileWriter(std::string path);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  void write(const void* data, std::size_t bytes);

  // Completes the header with sizes and checksums, syncs, and renames. Fails with `storage`.
  Status finish(FileHeader header);

 private:
  void note_failure(const char* doing);

  std::string path_;
  std::string part_;  // the file that is written
  File file_;
  Checksum checksum_;
  std::uint64_t bytes_ = 0;
  std::string failure_;
};

// Reads sections in order. What it hands out before `finish` has agreed may be damaged: sizes are
// right and memory is safe, values may be anything.
class FileReader {
 public:
  // Checks all there is to check in the header, so that a damaged one cannot ask for memory.
  Status open(std::string path);

  const FileHeader& header() const noexcept { return header_; }
  IndexOptions options(const DistanceKernels* kernels) const noexcept;

  Status read(void* data, std::size_t bytes);

  // After the last section: everything was read, and it is what was written.
  Status finish();

  // A failure that says what is wrong with the file.
  Status damaged(std::string_view what) const;

 private:
  std::string path_;
  File file_;
  FileHeader header_;
  Checksum checksum_;
};

}  // namespace vitrine
