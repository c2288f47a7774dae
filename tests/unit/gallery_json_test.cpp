#include "lessons/06-error-diagnostics/gallery/print.hpp"

#include "tests/catch.hpp"

#include <nlohmann/json.hpp>

namespace {

std::string provoke_nothing() {
    return "";
}

constexpr Row row = {"an-id",   "a fault", "shm_open",      "ENOENT",
                     "a cause", "a cure",  &provoke_nothing};
constexpr Section section = {"Names", std::span(&row, 1)};

nlohmann::json read_back(const Outcome& outcome) {
    return nlohmann::json::parse(json_text({{&section, &row, outcome}})).at("rows").at(0);
}

}  // namespace

TEST_CASE("a message that is no UTF-8 costs its letters, and not the gallery's document") {
    const auto read = read_back({.seen = "ENOENT", .message = "/\xff\xfe: gone", .not_here = ""});
    CHECK(read.at("message") == "/\xef\xbf\xbd\xef\xbf\xbd: gone");
    CHECK(read.at("as_expected") == true);
    CHECK(read.at("not_here").is_null());
}

TEST_CASE("a mistake that is not possible here says why, and nothing was seen") {
    const auto read = read_back({.seen = "", .message = "", .not_here = "needs \"root\"\n"});
    CHECK(read.at("not_here") == "needs \"root\"\n");
    CHECK(read.at("seen").is_null());
    CHECK(read.at("message").is_null());
    CHECK(read.at("as_expected") == true);
}

TEST_CASE("a mistake that came out otherwise is said to have") {
    const auto read = read_back({.seen = "success", .message = "", .not_here = ""});
    CHECK(read.at("as_expected") == false);
    CHECK(read.at("seen") == "success");
}
