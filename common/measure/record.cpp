#include "record.hpp"

#include "common/program/error.hpp"
#include "common/program/json.hpp"

#include <fmt/format.h>

#include <fstream>

namespace measure {

using shm::json_quoted;

std::string as_json(const Machine& machine) {
    return fmt::format(
        "{{\"processor\": {}, \"kernel\": {}, \"compiler\": {}, \"flags\": {}, \"virtual\": {}, "
        "\"governor\": {}, \"cpus\": {}, \"load\": {:.2f}, \"producer_cpu\": {}, "
        "\"consumer_cpu\": {}}}",
        json_quoted(machine.processor), json_quoted(machine.kernel), json_quoted(machine.compiler),
        json_quoted(machine.flags), machine.is_virtual, json_quoted(machine.governor),
        machine.cpu_count, machine.load, machine.cpus.producer, machine.cpus.consumer);
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

}  // namespace measure
