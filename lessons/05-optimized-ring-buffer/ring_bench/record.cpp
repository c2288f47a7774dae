#include "record.hpp"

#include "common/error.hpp"

#include <fmt/format.h>

#include <fstream>

namespace ring_bench {

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char letter : text) {
        if (letter == '"' || letter == '\\') out += '\\';
        out += static_cast<unsigned char>(letter) < 0x20 ? ' ' : letter;
    }
    return out + "\"";
}

std::string as_json(const Machine& machine) {
    return fmt::format(
        "{{\"processor\": {}, \"kernel\": {}, \"compiler\": {}, \"flags\": {}, \"virtual\": {}, "
        "\"governor\": {}, \"cpus\": {}, \"load\": {:.2f}, \"producer_cpu\": {}, "
        "\"consumer_cpu\": {}}}",
        quoted(machine.processor), quoted(machine.kernel), quoted(machine.compiler),
        quoted(machine.flags), machine.is_virtual, quoted(machine.governor), machine.cpus,
        machine.load, machine.producer_cpu, machine.consumer_cpu);
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

}  // namespace ring_bench
