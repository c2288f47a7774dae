/// @file
/// What the harness gives to a scene: keys, names, a directory, all fresh in every run.
#pragma once

#include "tests/harness/words.hpp"

#include <sys/types.h>  // key_t

#include <filesystem>
#include <string>
#include <vector>

namespace harness {

/// The words that stand for something given, in the order in which errors list them.
inline const std::vector<std::string> given_words = {"key", "key2", "name", "name2", "dir", "uid"};

/// The user that `user = "other"` means: nobody, on Debian and elsewhere.
constexpr uid_t other_uid = 65534;

/// Given to one run of one scene. The directory is made at once and removed with this object.
class Given {
public:
    /// @param number  the lesson's, put into the names
    /// @throws shm::SystemError if the directory cannot be made
    explicit Given(const std::string& number);
    Given(const Given&) = delete;
    Given& operator=(const Given&) = delete;
    ~Given();

    /// What the words stand for, for a process of the user `uid`.
    Words words(uid_t uid) const;
    const std::vector<key_t>& keys() const { return keys_; }
    /// With their slash, "/lesson-02-4f3a".
    const std::vector<std::string>& names() const { return names_; }
    const std::filesystem::path& directory() const { return directory_; }

private:
    std::vector<key_t> keys_;
    std::vector<std::string> names_;
    std::filesystem::path directory_;
};

}  // namespace harness
