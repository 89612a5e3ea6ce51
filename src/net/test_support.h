// What the tests of this folder share: a scratch directory and a server that misbehaves in it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "net/client.h"
#include "tests/web_server.h"

namespace midimon::net::testing {

template <typename T>
std::string error_of(const Result<T>& result) {
  return result ? "" : result.error().message;
}

template <typename T>
ErrorCode code_of(const Result<T>& result) {
  return result ? ErrorCode::internal : result.error().code;
}

class Web : public ::testing::Test {
 protected:
  ~Web() override { std::filesystem::remove_all(root_); }

  // Another server beside `server_`, with TLS. Its certificate is believed by secure_client().
  [[nodiscard]] std::filesystem::path certificate() const {
    midimon::testing::make_certificate(root_ / "tls");
    return root_ / "tls";
  }
  [[nodiscard]] Client secure_client(ClientOptions options = {}) const {
    options.ca_file = (root_ / "tls/certificate.pem").string();
    return std::move(Client::create(std::move(options)).value());
  }
  [[nodiscard]] std::filesystem::path www() const { return root_ / "www"; }

  static std::filesystem::path make_root() {
    std::string name = (std::filesystem::temp_directory_path() / "midimon-net-XXXXXX").string();
    std::filesystem::path root = ::mkdtemp(name.data());
    std::filesystem::create_directory(root / "www");
    std::filesystem::create_directory(root / "tls");
    return root;
  }

  std::filesystem::path root_ = make_root();
  midimon::testing::WebServer server_{www()};
  Client client_ = std::move(Client::create({}).value());
};

}  // namespace midimon::net::testing
