#pragma once
// Where test/data is: as the build says, or below the working directory.

#include <cstdlib>
#include <filesystem>

namespace samsa {

inline std::filesystem::path test_data() {
  const char* told = std::getenv("SAMSA_TEST_DATA");
  return told != nullptr ? told : "test/data";
}

}  // namespace samsa
