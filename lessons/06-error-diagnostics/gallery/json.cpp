#include "print.hpp"

#include <nlohmann/json.hpp>

using nlohmann::ordered_json;

std::string json_text(const std::vector<Shown>& all) {
    auto rows = ordered_json::array();
    for (const Shown& shown : all) {
        const Row& row = *shown.row;
        const bool here = shown.outcome.not_here.empty();
        const auto if_here = [&](const std::string& text) {
            return here ? ordered_json(text) : ordered_json(nullptr);
        };
        rows.push_back({{"section", shown.section->title},
                        {"id", row.id},
                        {"fault", row.fault},
                        {"call", row.call},
                        {"expected", row.expected},
                        {"seen", if_here(shown.outcome.seen)},
                        {"message", if_here(shown.outcome.message)},
                        {"not_here", nullptr},
                        {"as_expected", shown.is_as_expected()},
                        {"cause", row.cause},
                        {"cure", row.cure}});
        if (!here) rows.back()["not_here"] = shown.outcome.not_here;
    }
    const ordered_json made = {{"schema", "gallery/1"}, {"rows", rows}};
    // replace: a message may hold a name that is no UTF-8; it must not cost all the others.
    return made.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}
