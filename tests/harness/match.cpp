#include "tests/harness/match.hpp"

#include <algorithm>
#include <cctype>

namespace harness {

namespace {

bool ends_with(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool is_word(std::string_view text) {
    if (text.empty() || std::islower(static_cast<unsigned char>(text[0])) == 0) return false;
    return std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_';
    });
}

constexpr std::string_view pid_of = "pid of ";

/// Tries the expected lines from `e` on against the printed ones from `l` on; where most of the
/// expected lines had come is where a person would say that they differ.
struct Comparison {
    const std::vector<std::string>& expected;
    const std::vector<std::string>& lines;
    Mismatch furthest;
    std::size_t most = 0;

    bool differs(std::size_t e, std::size_t l) {
        if (e < most) return false;
        most = e;
        furthest = Mismatch{};
        furthest.line = l + 1;
        if (e < expected.size()) furthest.expected.emplace(expected[e]);
        if (l < lines.size()) furthest.came.emplace(lines[l]);
        return false;
    }

    bool run(std::size_t e, std::size_t l, Bindings& bindings) {
        for (; e < expected.size(); ++e, ++l) {
            if (expected[e] == "...") return skip(e + 1, l, bindings);
            if (l == lines.size() || !Pattern(expected[e]).matches(lines[l], bindings)) {
                return differs(e, l);
            }
        }
        return l == lines.size() || differs(e, l);
    }

    bool skip(std::size_t e, std::size_t l, Bindings& bindings) {
        if (e == expected.size()) return true;
        for (; l <= lines.size(); ++l) {
            Bindings tried = bindings;
            if (run(e, l, tried)) {
                bindings = tried;
                return true;
            }
        }
        return false;
    }
};

}  // namespace

Pattern::Pattern(std::string_view text) {
    std::string literal;
    const auto add_literal = [&] {
        if (!literal.empty()) parts_.push_back({Kind::literal, literal, false});
        literal.clear();
    };
    while (!text.empty()) {
        const std::size_t end = text[0] == '{' ? text.find('}') : std::string_view::npos;
        std::string_view word =
            end == std::string_view::npos ? std::string_view{} : text.substr(1, end - 1);
        const bool starred = ends_with(word, "*");
        if (starred) word.remove_suffix(1);
        const bool named_pid = word.substr(0, pid_of.size()) == pid_of;
        if (!is_word(word) && !named_pid) {
            literal += text[0];
            text.remove_prefix(1);
            continue;
        }
        add_literal();
        const bool digits = word == "n" || ends_with(word, "pid") || ends_with(word, "_n") ||
                            word == "self" || named_pid;
        const Kind kind = digits ? Kind::digits : (word == "addr" ? Kind::address : Kind::text);
        parts_.push_back({kind, std::string(word), !starred});
        text.remove_prefix(end + 1);
    }
    add_literal();
}

/// How many characters of `line` a word may take, in the order in which to try them.
std::vector<std::size_t> Pattern::lengths(Kind kind, std::string_view line) {
    std::vector<std::size_t> all;
    if (kind == Kind::text) {
        for (std::size_t length = 1; length <= line.size(); ++length) all.push_back(length);
        return all;
    }
    const bool address = kind == Kind::address;
    if (address && line.substr(0, 2) != "0x") return all;
    const std::size_t begin = address ? 2 : 0;
    for (std::size_t at = begin; at < line.size(); ++at) {
        const auto c = static_cast<unsigned char>(line[at]);
        if ((address ? std::isxdigit(c) : std::isdigit(c)) == 0) break;
        all.insert(all.begin(), at + 1);  // the longest first
    }
    return all;
}

bool Pattern::match_from(std::size_t part, std::string_view line, bool to_the_end,
                         Bindings& bindings) const {
    if (part == parts_.size()) return !to_the_end || line.empty();
    const auto& [kind, text, remember] = parts_[part];
    const auto bound = kind == Kind::literal || !remember ? bindings.end() : bindings.find(text);
    if (kind == Kind::literal || bound != bindings.end()) {
        const std::string& must = kind == Kind::literal ? text : bound->second;
        return line.substr(0, must.size()) == must &&
               match_from(part + 1, line.substr(must.size()), to_the_end, bindings);
    }
    for (const std::size_t length : lengths(kind, line)) {
        if (remember) bindings[text] = line.substr(0, length);
        if (match_from(part + 1, line.substr(length), to_the_end, bindings)) return true;
        if (remember) bindings.erase(text);
    }
    return false;
}

bool Pattern::matches(std::string_view line, Bindings& bindings) const {
    return match_from(0, line, true, bindings);
}

bool Pattern::found_in(std::string_view line) const {
    for (std::size_t at = 0; at <= line.size(); ++at) {
        Bindings bindings;
        if (match_from(0, line.substr(at), false, bindings)) return true;
    }
    return false;
}

std::vector<std::string> Pattern::words() const {
    std::vector<std::string> all;
    for (const Part& part : parts_) {
        if (part.kind != Kind::literal && part.remember) all.push_back(part.text);
    }
    return all;
}

std::vector<std::string> Pattern::pids_of() const {
    std::vector<std::string> all;
    for (const std::string& word : words()) {
        if (word.substr(0, pid_of.size()) == pid_of) all.push_back(word.substr(pid_of.size()));
    }
    return all;
}

std::optional<Mismatch> compare(std::string_view expected, const std::vector<std::string>& lines,
                                Bindings& bindings) {
    const std::vector<std::string> expected_lines = split_lines(expected);
    Comparison comparison{expected_lines, lines, {}, 0};
    if (comparison.run(0, 0, bindings)) return std::nullopt;
    return comparison.furthest;
}

std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

}  // namespace harness
