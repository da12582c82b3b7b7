// vitrine-native-test FOLDER SECONDS: exits with 0 when everything held. FOLDER must be there.
#include "test/expect.h"

int main(int count, char** words) {
  EXPECT(count == 3);
  vitrine::test::check(words[1]);
  vitrine::test::stress(std::atof(words[2]), words[1]);
}
