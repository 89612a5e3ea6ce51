// midimon key verify: is this file signed, by whom, and is that enough.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/key_files.h"
#include "trust/decision.h"
#include "trust/keyring_file.h"
#include "trust/plugin_binding.h"
#include "trust/signature.h"

namespace midimon::cli {
namespace {

using trust::Decision;
using trust::Verdict;

struct Options {
  std::string file;
  std::string signature;
  std::string key;
  std::string id;
  std::string version;
  std::string not_older_than;
  bool json = false;
};

// The options, read.
struct Question {
  std::vector<std::byte> bytes;
  std::optional<std::string> signature_text;
  std::optional<trust::PublicKey> key;
  std::optional<trust::SemVer> not_older_than;
  trust::Keyring keyring;
};

Result<Question> read_question(const Options& options) {
  Question question;
  auto bytes = read_signed_file(options.file);
  if (!bytes) return tl::unexpected(bytes.error());
  question.bytes = std::move(*bytes);
  const bool named = !options.signature.empty();
  const auto text = read_small_file(named ? options.signature : options.file + ".minisig");
  // One that is missing is judged; one that cannot be read is not.
  if (!text && (named || text.error().code != ErrorCode::not_found)) {
    return tl::unexpected(text.error());
  }
  if (text) question.signature_text = *text;
  if (!options.key.empty()) {
    const auto key = read_public_key(options.key);
    if (!key) return tl::unexpected(key.error());
    question.key = *key;
  }
  if (!options.not_older_than.empty()) {
    question.not_older_than = trust::SemVer::parse(options.not_older_than);
    if (!question.not_older_than) {
      return fail(ErrorCode::invalid, "--not-older-than takes a version such as 1.4.0.");
    }
  }
  const auto places = find_key_places();
  if (!places) return tl::unexpected(places.error());
  auto keyring = trust::load_keyring(places->keyring);
  if (!keyring) return tl::unexpected(keyring.error());
  question.keyring = std::move(*keyring);
  return question;
}

// By the rules for plugins. What it is taken to be is what was given, or what the signature says;
// the module is not asked, as a stranger's code is not run to find out whether to trust it.
Decision judge_plugin(const Options& options, const Question& question,
                      const std::optional<trust::Signature>& signature) {
  trust::Candidate candidate;
  const std::string file = std::filesystem::path(options.file).filename().string();
  const auto binding = signature ? trust::parse_binding(signature->trusted_comment)
                                 : fail(ErrorCode::not_found, "not signed");
  candidate.id = !options.id.empty() ? std::string_view(options.id)
                 : binding           ? std::string_view(binding->id)
                                     : std::string_view(file);
  if (!options.version.empty()) {
    candidate.version = options.version;
  } else if (binding) {
    candidate.version = binding->version.text();
  }
  candidate.digest = trust::digest_of(question.bytes);
  if (question.signature_text) candidate.signature = *question.signature_text;
  candidate.offered_key = question.key;
  candidate.highest_seen = question.not_older_than;
  Decision decision = trust::decide(candidate, question.keyring);
  // Trusted, and yet not by the one that was asked for.
  if (decision.verdict == Verdict::trusted && question.key &&
      question.keyring.find(*decision.key)->key != *question.key) {
    return {Verdict::bad_signature, decision.message + " That is not the key that you gave.",
            decision.key};
  }
  return decision;
}

// By the rules for files that are no plugins: a key that is trusted for some plugins says nothing
// of other files, unless the user names it.
Decision judge_file(const Options& options, const Question& question,
                    const trust::Signature& signature) {
  const std::string name = escape_line(options.file);
  const auto say = [&](Verdict verdict, std::string message) {
    return Decision{verdict, std::move(message), signature.key_id};
  };
  const trust::Keyring& keyring = question.keyring;
  const trust::KnownKey* known =
      question.key ? keyring.find(*question.key) : keyring.find(signature.key_id);
  if (known != nullptr && known->revoked) {
    return say(
        Verdict::revoked_key,
        fmt::format("The key {} was revoked at {}: {}.", to_string(known->key.id),
                    trust::format_utc(known->revoked->when), escape_line(known->revoked->reason)));
  }
  if (known == nullptr && !question.key) {
    return say(Verdict::unknown_signer,
               fmt::format("{} is signed by the key {}, which is not known here, so it cannot be "
                           "checked. Get the key from whoever made the file, and give it with "
                           "--key.",
                           name, to_string(signature.key_id)));
  }
  const trust::PublicKey& key = question.key ? *question.key : known->key;
  if (const auto holds = trust::verify(signature, key, question.bytes); !holds) {
    return say(Verdict::bad_signature, name + ": " + holds.error().message);
  }
  if (known == nullptr || known->key != key) {
    return say(Verdict::first_use, fmt::format("{} is signed by the key that you gave, {}, which "
                                               "is not among those that you trust.",
                                               name, to_string(key.id)));
  }
  if (!question.key && !known->any_plugin) {
    return say(Verdict::not_allowed,
               fmt::format("{} is signed by \"{}\" ({}), which is trusted for its plugins only. If "
                           "this is whose file it should be, give the key with --key.",
                           name, escape_line(known->name), to_string(key.id)));
  }
  return say(Verdict::trusted, fmt::format("{} is signed by \"{}\" ({}).", name,
                                           escape_line(known->name), to_string(key.id)));
}

Decision judge(const Options& options, const Question& question,
               const std::optional<trust::Signature>& signature) {
  const bool plugin = is_module(question.bytes) || !options.id.empty() ||
                      !options.version.empty() ||
                      (signature && trust::is_binding(signature->trusted_comment));
  // Without a signature, or with what is none, the rules are the same.
  if (plugin || !signature) return judge_plugin(options, question, signature);
  return judge_file(options, question, *signature);
}

int verify(const Options& options) {
  const auto question = read_question(options);
  if (!question) return report(question.error());
  std::optional<trust::Signature> signature;
  if (question->signature_text) {
    if (auto parsed = trust::parse_signature(*question->signature_text)) signature = *parsed;
  }
  const Decision decision = judge(options, *question, signature);
  const bool good = decision.verdict == Verdict::trusted || decision.verdict == Verdict::first_use;
  // Of a signature that does not hold the comment is anybody's.
  const std::string comment = good && signature ? signature->trusted_comment : "";
  if (options.json) {
    nlohmann::json out = {{"verdict", to_string(decision.verdict)},
                          {"message", decision.message},
                          {"key_id", nullptr},
                          {"trusted_comment", comment}};
    if (decision.key) out["key_id"] = to_string(*decision.key);
    print_json(out);
  } else if (decision.verdict == Verdict::trusted) {
    print(fmt::format("{}\nTrusted comment: {}\n", decision.message, escape_line(comment)));
  } else {
    print_error(decision.message);
  }
  return exit_status(decision.verdict);
}

}  // namespace

void add_key_verify(CLI::App& key, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = key.add_subcommand(
      "verify",
      "Check the signature of a plugin or any other file, FILE.minisig.\n"
      "Of a module, the plugin that it is signed as must be one that the key may sign. Nothing of "
      "the file is run. Exit status: 0 good and by a trusted key, 1 the signature is bad or for "
      "something else, 2 usage, a file that cannot be read or no signature, 3 the key is not known "
      "(with --key: and the signature is good), 4 the key is revoked, 5 the plugin is signed by "
      "another key than before, 6 it is older than it may be, 7 the key may not sign this.");
  command->add_option("FILE", options->file, "What is signed")->required();
  command->add_option("-x,--signature", options->signature, "File of the signature");
  command->add_option("-p,--key", options->key,
                      "The public key (RW...) that it should be by, or its file");
  command->add_option("--id", options->id, "The id that the plugin must have");
  command->add_option("--version", options->version, "The version that the plugin must have");
  command->add_option("--not-older-than", options->not_older_than, "The least version that will do")
      ->type_name("VERSION");
  command->add_flag("--json", options->json, "As one JSON object");
  command->callback([=, &status] { status = verify(*options); });
}

}  // namespace midimon::cli
