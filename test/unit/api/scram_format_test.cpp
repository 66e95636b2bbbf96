#include "api/scram_format.h"

#include <gtest/gtest.h>

namespace samsa::api {
namespace {

Bytes from_hex(std::string_view hex) {
  Bytes bytes;
  for (size_t i = 0; i < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

TEST(ScramCredential, HoldsTheKeysOfRfc7677sExample) {
  // User "user", password "pencil", salt and iterations of section 3 there.
  const Bytes salted = from_hex("c4a49510323ab4f952cac1fa99441939e78ea74d6be81ddf7096e87513dc615d");
  const Bytes salt = from_hex("5b6d99689d12358eeca04b141236fa81");
  EXPECT_EQ(scram_credential(*find_scram_mechanism(1), salt, salted, 4096),
            "salt=W22ZaJ0SNY7soEsUEjb6gQ==,"
            "stored_key=WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,"
            "server_key=wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=,iterations=4096");
}

TEST(ScramCredential, TellsItsIterationsAndNothingElseIsOne) {
  EXPECT_EQ(scram_iterations("salt=cA==,stored_key=cQ==,server_key=cg==,iterations=8192"), 8192);
  for (const auto* text : {"", "salt", "=x", "salt=a,stored_key=b,server_key=c",
                           "salt=a,stored_key=b,server_key=c,iterations=many",
                           "salt=a,stored_key=b,server_key=c,iterations=1,more=2"})
    EXPECT_EQ(scram_iterations(text), std::nullopt) << text;
}

}  // namespace
}  // namespace samsa::api
