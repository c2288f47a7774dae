/// @file
/// What the harness's own tests share: scenes written down as text, played with `actor`.
#pragma once

#include "tests/catch.hpp"
#include "tests/harness/isolate.hpp"
#include "tests/harness/runner.hpp"
#include "tests/own_namespaces.hpp"

#include <filesystem>
#include <string>

namespace harness::selftest {

/// A lesson's directory that exists as long as this object.
class LessonFolder {
public:
    /// @param toml  the whole of lesson.toml
    explicit LessonFolder(const std::string& toml);
    LessonFolder(const LessonFolder&) = delete;
    LessonFolder& operator=(const LessonFolder&) = delete;
    ~LessonFolder();
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// Returns a lesson.toml with one scene, "a scene", of this body.
std::string lesson_with(const std::string& body);

/// Plays a scene of this body.
Result play(const std::string& body, Settings settings = {});

/// Plays it in namespaces of its own.
Result play_in_own(const std::string& body);

/// Says whether `text` holds `part`.
bool has(const std::string& text, const std::string& part);

}  // namespace harness::selftest

/// The scene must fail, and say this.
#define CHECK_FAILS_WITH(result, text)                                \
    do {                                                              \
        const ::harness::Result played_ = (result);                   \
        INFO(played_.report);                                         \
        CHECK(played_.verdict == ::harness::Result::Verdict::failed); \
        CHECK(::harness::selftest::has(played_.report, text));        \
    } while (false)

/// The scene must go as written.
#define CHECK_PASSES(result)                                          \
    do {                                                              \
        const ::harness::Result played_ = (result);                   \
        INFO(played_.report);                                         \
        CHECK(played_.verdict == ::harness::Result::Verdict::passed); \
    } while (false)
