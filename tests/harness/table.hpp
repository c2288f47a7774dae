/// @file
/// A table of a TOML file, read with types checked, and with errors that name file and line.
/// No other header includes this one: toml++ costs two seconds in each file that it comes into.
#pragma once

#include "tests/harness/words.hpp"

#define TOML_HEADER_ONLY 0  // table.cpp compiles what it consists of
#include <toml++/toml.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

/// One table, of which each key is asked for by name and type.
class Table {
public:
    /// @param table  must outlive this object, like `words`
    /// @param file   named in errors
    /// @param what   what the table is, for errors: "[[scene]]"
    /// @param words  replaced in every string that is read (for_each)
    Table(const toml::table& table, std::string file, std::string what, const Words& words);

    /// The same table, with other words replaced.
    Table with(const Words& words) const { return {*table_, file_, what_, words}; }

    /// Throws SceneError if there is any other key than these.
    void only(std::initializer_list<std::string_view> keys) const;

    bool has(std::string_view key) const { return table_->contains(key); }
    /// The line that `key` stands on; the table's own if there is no such key.
    int line(std::string_view key = {}) const;

    std::optional<std::string> maybe_text(std::string_view key) const;
    std::string text(std::string_view key, std::string_view otherwise = {}) const;
    /// Like text(), but it must be there and not be empty.
    std::string required_text(std::string_view key) const;
    bool flag(std::string_view key, bool otherwise) const;
    int number(std::string_view key, int otherwise, int least, int most) const;
    /// A list of strings; empty if it is not there.
    std::vector<std::string> texts(std::string_view key) const;
    /// A string, or a list of them; it must be there.
    std::vector<std::string> required_texts(std::string_view key) const;
    /// A table, or a list of them; empty if it is not there.
    std::vector<Table> tables(std::string_view key, const std::string& what) const;
    /// The keys, in the order of the file.
    std::vector<std::string> keys() const;

    /// Throws SceneError "FILE:LINE: found; expected ...".
    [[noreturn]] void fail(std::string_view key, std::string_view found,
                           std::string_view expected) const;

private:
    [[noreturn]] void fail_at(int line, std::string_view found, std::string_view expected) const;
    const toml::node* find(std::string_view key) const { return table_->get(key); }

    const toml::table* table_;
    std::string file_;
    std::string what_;
    const Words* words_;
};

}  // namespace harness
