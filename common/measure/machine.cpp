#include "machine.hpp"

#include "common/program/check.hpp"
#include "common/program/console.hpp"

#include <fmt/core.h>

#include <sched.h>        // sched_getaffinity
#include <sys/utsname.h>  // uname

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>  // gmtime_r, strftime
#include <fstream>
#include <sstream>

namespace measure {

namespace {

/// Returns the first line of a file that begins with `start`, or "" where there is none.
std::string line_of(const std::string& path, const std::string& start = "") {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(start)) return line;
    }
    return "";
}

/// Returns what stands behind the colon in a line of /proc/cpuinfo.
std::string cpuinfo(const std::string& key) {
    const std::string line = line_of("/proc/cpuinfo", key);
    const auto colon = line.find(": ");
    return colon == std::string::npos ? "" : line.substr(colon + 2);
}

std::string of_cpu(int cpu, const std::string& file) {
    return line_of(fmt::format("/sys/devices/system/cpu/cpu{}/{}", cpu, file));
}

/// Returns the CPUs that this process may use.
std::vector<int> allowed_cpus() {
    cpu_set_t set;
    shm::check(sched_getaffinity(0, sizeof(set), &set), "sched_getaffinity", "this process");
    std::vector<int> cpus;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(static_cast<unsigned>(cpu), &set)) cpus.push_back(cpu);
    }
    return cpus;
}

/// Chooses the first CPU, and the first one that is not a second thread of the same core.
void choose_cpus(Machine& machine, const std::vector<int>& cpus, bool same_core) {
    machine.cpus = {.producer = cpus.front(), .consumer = cpus.front()};
    if (same_core || cpus.size() == 1) {
        machine.warnings.push_back("both sides share one CPU: these are the scheduler's figures");
        return;
    }
    const std::string file = "topology/thread_siblings_list";
    const std::string siblings = of_cpu(cpus.front(), file);
    const auto other = std::find_if(cpus.begin() + 1, cpus.end(), [&](int cpu) {
        return siblings.empty() || of_cpu(cpu, file) != siblings;
    });
    machine.cpus.consumer = other == cpus.end() ? cpus[1] : *other;
    if (other == cpus.end()) {
        machine.warnings.push_back(
            "both CPUs are threads of one core: no line changes caches, and each halves the other");
    }
}

std::string today() {
    const std::time_t now = std::time(nullptr);
    std::tm parts = {};
    gmtime_r(&now, &parts);
    std::array<char, sizeof("2026-11-24")> text = {};
    const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts);
    return {text.data(), length};
}

}  // namespace

std::string processor_name() {
    const std::string name = cpuinfo("model name");  // ARM processors have no such line
    return name.empty() ? "unknown processor" : name;
}

std::string kernel_name() {
    utsname system = {};
    shm::check(uname(&system), "uname", "this system");
    return fmt::format("{} {}", system.sysname, system.release);
}

Machine look_at_machine(bool same_core) {
    Machine machine;
    machine.date = today();
    machine.processor = processor_name();
    machine.kernel = kernel_name();
#ifdef __clang__
    machine.compiler = "clang " __clang_version__;
#else
    machine.compiler = "g++ " __VERSION__;
#endif
    machine.flags = SHM_BUILD_FLAGS;
    machine.is_virtual = (" " + cpuinfo("flags") + " ").find(" hypervisor ") != std::string::npos;
    const std::vector<int> cpus = allowed_cpus();
    machine.cpu_count = cpus.size();
    choose_cpus(machine, cpus, same_core);
    machine.governor = of_cpu(machine.cpus.producer, "cpufreq/scaling_governor");
    if (machine.governor.empty()) machine.governor = "unknown";
    machine.load = std::strtod(line_of("/proc/loadavg").c_str(), nullptr);
    if (machine.load > 0.5) {
        machine.warnings.push_back(fmt::format(
            "{:.1f} others wanted to run in the last minute: expect a wide spread", machine.load));
    }
#ifndef __OPTIMIZE__
    machine.warnings.push_back("compiled without optimisation: these are not the rings' figures");
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    machine.warnings.push_back("compiled with a sanitizer: these are not the rings' figures");
#endif
    return machine;
}

void say_machine(const Machine& machine) {
    shm::say_folded("", "  ",
                    fmt::format("{}, {}{}", machine.processor, machine.kernel,
                                machine.is_virtual ? ", a virtual machine" : ""));
    shm::say_folded(
        "", "  ",
        fmt::format("{} {}; governor: {}", machine.compiler, machine.flags, machine.governor));
    shm::say("producer on CPU {}, consumer on CPU {}", machine.cpus.producer,
             machine.cpus.consumer);
    for (const std::string& warning : machine.warnings) shm::note("warning: {}", warning);
}

}  // namespace measure
