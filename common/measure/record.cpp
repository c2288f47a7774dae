#include "record.hpp"

#include "common/program/error.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>

namespace measure {

using nlohmann::ordered_json;

ordered_json as_json(const Machine& machine) {
    return {{"date", machine.date},
            {"processor", machine.processor},
            {"kernel", machine.kernel},
            {"compiler", machine.compiler},
            {"flags", machine.flags},
            {"virtual", machine.is_virtual},
            {"governor", machine.governor},
            {"cpus", machine.cpu_count},
            {"load", machine.load},
            {"producer_cpu", machine.cpus.producer},
            {"consumer_cpu", machine.cpus.consumer}};
}

double rounded(double value, int digits) {
    return std::strtod(fmt::format("{:.{}g}", value, digits).c_str(), nullptr);
}

ordered_json rounded_list(const std::vector<double>& values, int digits) {
    auto list = ordered_json::array();
    for (const double value : values) list.push_back(rounded(value, digits));
    return list;
}

void require_writable(const std::string& path) {
    if (!std::ofstream(path, std::ios::app)) {
        throw shm::Failure(path + ": cannot be written; name another file");
    }
}

void write_file(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::trunc);
    file << text;
    file.close();
    if (!file) throw shm::Failure(path + ": cannot be written; name another file");
}

void write_json(const std::string& path, const ordered_json& document) {
    // replace: a byte that is no UTF-8, should one get here, costs one letter and not the record.
    write_file(path, document.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n");
}

}  // namespace measure
