#define TOML_IMPLEMENTATION  // here, and in no other file
#include "tests/harness/table.hpp"

#include "tests/harness/scene.hpp"

#include <fmt/format.h>

#include <fmt/ranges.h>
#include <charconv>

#include <algorithm>
#include <sstream>

namespace harness {

namespace {

int line_of(const toml::node& node) {
    return static_cast<int>(node.source().begin.line);
}

std::string kind_of(const toml::node& node) {
    std::ostringstream text;
    text << node.type();
    const bool vowel = text.str().find_first_of("aeiou") == 0;
    return (vowel ? "an " : "a ") + text.str();
}

}  // namespace

Table::Table(const toml::table& table, std::string file, std::string what, const Words& words)
    : table_(&table), file_(std::move(file)), what_(std::move(what)), words_(&words) {}

void Table::only(std::initializer_list<std::string_view> keys) const {
    for (const auto& [key, node] : *table_) {
        if (std::find(keys.begin(), keys.end(), key.str()) != keys.end()) continue;
        const auto line = static_cast<int>(key.source().begin.line);
        fail_at(line, fmt::format("unknown key '{}' in {}", key.str(), what_),
                fmt::format("one of {}", fmt::join(keys, ", ")));
    }
}

int Table::line(std::string_view key) const {
    const toml::node* node = key.empty() ? nullptr : find(key);
    return node != nullptr ? line_of(*node) : line_of(*table_);
}

std::optional<std::string> Table::maybe_text(std::string_view key) const {
    const toml::node* node = find(key);
    if (node == nullptr) return std::nullopt;
    if (!node->is_string()) fail(key, fmt::format("'{}' is {}", key, kind_of(*node)), "a string");
    return fill(node->as_string()->get(), *words_);
}

std::string Table::text(std::string_view key, std::string_view otherwise) const {
    return maybe_text(key).value_or(std::string(otherwise));
}

std::string Table::required_text(std::string_view key) const {
    const auto value = maybe_text(key);
    if (!value) fail_at(line(), fmt::format("{} without '{}'", what_, key), "a string");
    if (value->empty()) fail(key, fmt::format("'{}' is empty", key), "some text");
    return *value;
}

bool Table::flag(std::string_view key, bool otherwise) const {
    const toml::node* node = find(key);
    if (node == nullptr) return otherwise;
    if (!node->is_boolean()) {
        fail(key, fmt::format("'{}' is {}", key, kind_of(*node)), "true or false");
    }
    return node->as_boolean()->get();
}

int Table::number(std::string_view key, int otherwise, int least, int most) const {
    const toml::node* node = find(key);
    if (node == nullptr) return otherwise;
    const std::string expected = fmt::format("a whole number from {} to {}", least, most);
    std::int64_t value = 0;
    if (node->is_integer()) {
        value = node->as_integer()->get();
    } else if (node->is_string()) {  // a word of for_each: "{nth}"
        const std::string text = fill(node->as_string()->get(), *words_);
        const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
        if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) {
            fail(key, fmt::format("'{}' is '{}'", key, text), expected);
        }
    } else {
        fail(key, fmt::format("'{}' is {}", key, kind_of(*node)), expected);
    }
    if (value < least || value > most) fail(key, fmt::format("'{}' is {}", key, value), expected);
    return static_cast<int>(value);
}

std::vector<std::string> Table::texts(std::string_view key) const {
    const toml::node* node = find(key);
    if (node == nullptr) return {};
    const std::string expected = "a list of strings";
    if (!node->is_array()) {
        fail(key, fmt::format("'{}' is {}", key, kind_of(*node)), expected);
    }
    std::vector<std::string> all;
    for (const toml::node& item : *node->as_array()) {
        if (!item.is_string()) {
            fail_at(line_of(item), fmt::format("'{}' holds {}", key, kind_of(item)), expected);
        }
        all.push_back(fill(item.as_string()->get(), *words_));
    }
    return all;
}

std::vector<std::string> Table::required_texts(std::string_view key) const {
    const toml::node* node = find(key);
    if (node != nullptr && node->is_array() && !node->as_array()->empty()) return texts(key);
    return {required_text(key)};
}

std::vector<Table> Table::tables(std::string_view key, const std::string& what) const {
    const toml::node* node = find(key);
    if (node == nullptr) return {};
    if (node->is_table()) return {Table(*node->as_table(), file_, what, *words_)};
    const std::string expected = "a table, or a list of tables";
    if (!node->is_array()) {
        fail(key, fmt::format("'{}' is {}", key, kind_of(*node)), expected);
    }
    std::vector<Table> all;
    for (const toml::node& item : *node->as_array()) {
        if (!item.is_table()) {
            fail_at(line_of(item), fmt::format("'{}' holds {}", key, kind_of(item)), expected);
        }
        all.emplace_back(*item.as_table(), file_, what, *words_);
    }
    return all;
}

std::vector<std::string> Table::keys() const {
    std::vector<std::string> all;
    for (const auto& [key, node] : *table_) all.emplace_back(key.str());
    return all;
}

void Table::fail(std::string_view key, std::string_view found, std::string_view expected) const {
    fail_at(line(key), found, expected);
}

void Table::fail_at(int line, std::string_view found, std::string_view expected) const {
    throw SceneError(fmt::format("{}:{}: {}; expected {}", file_, line, found, expected));
}

}  // namespace harness
