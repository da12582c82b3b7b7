// vitrine-native-test FOLDER SECONDS: exits with 0 when everything held. FOLDER must be there.
#include <cstdlib>
#include <new>

#include "test/expect.h"

// Counts what a thread allocates.
namespace vitrine::test {
thread_local std::uint64_t allocations = 0;
}

void* operator new(std::size_t bytes) {
  ++vitrine::test::allocations;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

int main(int count, char** words) {
  EXPECT(count == 3);
  vitrine::test::check(words[1]);
  vitrine::test::stress(std::atof(words[2]), words[1]);
  vitrine::test::recommend_stress(1);
}
