#include "index/file_format.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "index/codes.h"
#include "index/fidelity.h"

namespace vitrine {
namespace {

static_assert(std::endian::native == std::endian::little, "the file is written as it lies in memory");

constexpr std::size_t kChecksummed = offsetof(FileHeader, header_checksum);

std::uint64_t checksum_of(const FileHeader& header) noexcept {
  Checksum checksum;
  checksum.update(&header, kChecksummed);
  return checksum.digest();
}

// Slots that sections are padded to: a chunk of every array.
constexpr std::uint64_t kFileSlots = 1024;

constexpr std::uint64_t paged(std::uint64_t bytes) noexcept {
  return (bytes + kFilePage - 1) / kFilePage * kFilePage;
}

// Where a write to `path` goes: links are followed, also to a file that is not there yet.
std::string followed(std::string path) {
  constexpr int kLinksMax = 40;  // as Linux has it
  std::error_code none;          // it is no link
  for (int links = 0; links < kLinksMax; ++links) {
    const std::filesystem::path target = std::filesystem::read_symlink(path, none);
    if (none) break;
    path = (std::filesystem::path(path).parent_path() / target).string();
  }
  return path;
}

std::string reason(int error) { return std::generic_category().message(error); }

// A new file beside `path`, which no other writer has. Sets errno where there is none.
File create_beside(const std::string& path, std::string& part) {
  static std::atomic<unsigned> count = 0;
  constexpr int kTries = 16;  // names may be left over from a process that was killed
  for (int tries = 0; tries < kTries; ++tries) {
    part = path + "." + std::to_string(::getpid()) + "-" + std::to_string(++count) + ".part";
    const int fd = ::open(part.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
    if (fd >= 0) return File(::fdopen(fd, "wb"));
    if (errno != EEXIST) break;
  }
  part.clear();
  return nullptr;
}

// Makes a rename in the folder survive a power cut.
bool sync_folder_of(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool synced = ::fsync(fd) == 0;
  ::close(fd);
  return synced;
}

// Whether every number that decides on memory or on code is one that `save` could have written.
bool plausible(const FileHeader& header) noexcept {
  return header.kind <= static_cast<std::uint32_t>(Kind::graph) &&
         header.metric <= static_cast<std::uint32_t>(Metric::l2) && header.dim >= 1 &&
         header.dim <= kDimMax && header.degree >= kDegreeMin && header.degree <= kDegreeMax &&
         header.build_beam >= kBuildBeamMin && header.build_beam <= kBuildBeamMax &&
         header.keep <= static_cast<std::uint32_t>(Keep::i16) &&
         header.slots < 0x7fff'ffff && header.size <= header.slots &&
         header.entries <= header.slots && header.entry_level < 32 &&
         header.code_bytes >= header.dim && header.code_bytes <= 2 * kDimMax + kCodePad &&
         std::isfinite(header.row_error) && header.row_error >= 0 &&
         header.note_bytes <= kNoteBytesMax &&
         (header.version > kFileVersionOldest || header.note_bytes == 0) &&
         header.payload_bytes == payload_bytes(header);
}

// What few vectors have may still change.
Coding coding_of(const FileHeader& header) noexcept {
  if (header.code_bytes == Codes::bytes_of(header.dim, Width::wide)) return Coding::wide;
  return header.size < kJudged ? Coding::fitted : Coding::narrow;
}

}  // namespace

std::uint64_t payload_bytes(const FileHeader& header) noexcept {
  const bool graph = header.kind == static_cast<std::uint32_t>(Kind::graph);
  const auto keep = static_cast<Keep>(header.keep);
  const std::uint64_t row = keep == Keep::f32 ? 4 * padded(header.dim) : 2 * half_width(header.dim, keep);
  const std::uint64_t slots = (header.slots + kFileSlots - 1) / kFileSlots * kFileSlots;
  // As native/README.md lists them. Without slots no section has bytes.
  std::uint64_t bytes = paged(header.note_bytes);
  for (const std::uint64_t width : {std::uint64_t{4}, std::uint64_t{4}, row, std::uint64_t{header.code_bytes}}) {
    bytes += paged(width * slots);
  }
  if (!graph) return bytes + paged(4 * slots);
  return bytes + paged(4 * std::uint64_t{header.degree} * slots) + paged(slots) +
         paged(4 * std::uint64_t{header.entries});
}

Mapping::~Mapping() { ::munmap(data_, bytes_); }

FileWriter::FileWriter(std::string path) : path_(followed(std::move(path))) {
  struct stat there = {};
  if (::stat(path_.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) {
    failure_ = path_ + " is not a regular file";
    return;
  }
  file_ = create_beside(path_, part_);
  if (!file_) {
    note_failure("create");
    return;
  }
  const char place[kFilePage] = {};  // filled last, when the checksums are known
  if (std::fwrite(place, sizeof place, 1, file_.get()) != 1) note_failure("write");
}

FileWriter::~FileWriter() {
  if (!part_.empty()) ::unlink(part_.c_str());
}

void FileWriter::note_failure(const char* doing) {
  if (!failure_.empty()) return;  // the first is the cause of the others
  failure_ = "cannot " + std::string(doing) + " " + (part_.empty() ? path_ : part_) + ": " +
             reason(errno);
}

void FileWriter::write(const void* data, std::size_t bytes) {
  if (!failure_.empty() || bytes == 0) return;  // nothing may lie nowhere
  if (std::fwrite(data, 1, bytes, file_.get()) != bytes) note_failure("write");
  checksum_.update(data, bytes);
  bytes_ += bytes;
}

void FileWriter::begin() { fill(0, paged(bytes_) - bytes_); }

void FileWriter::fill(std::uint8_t value, std::size_t bytes) {
  std::uint8_t block[kFilePage];
  std::memset(block, value, sizeof block);
  for (; bytes > 0; bytes -= std::min(bytes, sizeof block)) write(block, std::min(bytes, sizeof block));
}

Status FileWriter::finish(FileHeader header) {
  begin();  // the last page is a whole one
  if (!failure_.empty()) return fail(Code::storage, failure_);
  header.payload_bytes = bytes_;
  header.payload_checksum = checksum_.digest();
  header.header_checksum = checksum_of(header);
  std::FILE* file = file_.get();
  const bool written = std::fflush(file) == 0 && std::fseek(file, 0, SEEK_SET) == 0 &&
                       std::fwrite(&header, sizeof header, 1, file) == 1 &&
                       std::fflush(file) == 0 && ::fsync(::fileno(file)) == 0;
  if (!written) note_failure("write");
  if (std::fclose(file_.release()) != 0) note_failure("close");
  if (failure_.empty() && std::rename(part_.c_str(), path_.c_str()) != 0) {
    note_failure(("rename to " + path_ + " the file").c_str());
  }
  if (!failure_.empty()) return fail(Code::storage, failure_);
  part_.clear();
  if (!sync_folder_of(path_)) note_failure("sync the folder of");
  return failure_.empty() ? Status{} : fail(Code::storage, failure_);
}

Status FileReader::open(std::string path) {
  path_ = std::move(path);
  // A pipe would wait for its writer.
  const int opened = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const File file(opened < 0 ? nullptr : ::fdopen(opened, "rb"));
  if (!file) return fail(Code::storage, "cannot open " + path_ + ": " + reason(errno));
  const int fd = ::fileno(file.get());
  struct stat stat = {};
  if (::fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
    return fail(Code::storage, path_ + " is not a regular file");
  }
  const auto file_bytes = static_cast<std::uint64_t>(stat.st_size);
  FileHeader header;
  const std::size_t got = std::fread(&header, 1, sizeof header, file.get());
  if (got < sizeof header.magic ||
      std::memcmp(header.magic, FileHeader{}.magic, sizeof header.magic) != 0) {
    return fail(Code::storage, path_ + " is not a vector index of Vitrine");
  }
  if (got < sizeof header) return damaged("it ends within its header");
  const bool known = header.version >= kFileVersionOldest && header.version <= kFileVersion;
  if (!known && header.version != 0) {
    return fail(Code::unsupported, path_ + " has format version " + std::to_string(header.version) +
                                       "; this build reads " + std::to_string(kFileVersion));
  }
  if (header.version == 0 || header.header_checksum != checksum_of(header)) {
    return damaged("its header does not match its checksum");
  }
  if (!plausible(header)) return damaged("its header is not one that was saved");
  if (file_bytes != kFilePage + header.payload_bytes) {
    return damaged("it has " + std::to_string(file_bytes) + " bytes and should have " +
                   std::to_string(kFilePage + header.payload_bytes));
  }
  void* data = ::mmap(nullptr, file_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  if (data == MAP_FAILED) return fail(Code::storage, "cannot map " + path_ + ": " + reason(errno));
  mapping_ = std::make_shared<Mapping>(data, file_bytes);
  (void)::madvise(data, file_bytes, MADV_WILLNEED);
  // What follows the header in its page means nothing, and is nothing.
  const auto* bytes = reinterpret_cast<const char*>(data);
  const bool clean = std::all_of(bytes + sizeof header, bytes + kFilePage, [](char c) { return c == 0; });
  Checksum checksum;
  checksum.update(bytes + kFilePage, header.payload_bytes);
  if (!clean || checksum.digest() != header.payload_checksum) {
    return damaged("its content does not match its checksum");
  }
  header_ = header;
  return {};
}

IndexOptions FileReader::options(const DistanceKernels* kernels) const noexcept {
  return {static_cast<Kind>(header_.kind), static_cast<Metric>(header_.metric), header_.dim,
          static_cast<Keep>(header_.keep), header_.degree, header_.build_beam, all_cores(), kernels,
          coding_of(header_)};
}

Status FileReader::damaged(std::string_view what) const {
  return fail(Code::storage, path_ + " is damaged: " + std::string(what));
}

}  // namespace vitrine
