/// @file
/// Why a call on a mapping failed, and what is said when the memory behind one is gone.

#include "common/kernel/checked.hpp"
#include "common/kernel/limits.hpp"
#include "common/kernel/process.hpp"  // has_robust_list
#include "common/kernel/reason.hpp"
#include "common/kernel/room.hpp"  // page_size
#include "common/program/bus_error.hpp"
#include "common/program/console.hpp"
#include "tests/unit/support.hpp"

#include <fcntl.h>  // O_CREAT
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>  // mkstemp
#include <string>
#include <thread>

using unit::has;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool maps_memory_itself = true;
#else
constexpr bool maps_memory_itself = false;
#endif

/// Maps memory until this process may have no more mappings.
/// @returns three pages that are one mapping; nullptr where so many are too many to be made
char* use_up_mappings() {
    const auto limit = shm::map_count();
    if (!limit || limit->most > 200'000) return nullptr;
    const std::size_t page = shm::page_size();
    const auto pages = static_cast<std::size_t>(limit->most) + 4;
    void* const all =
        mmap(nullptr, pages * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED) return nullptr;
    auto* const first = static_cast<char*>(all);
    for (std::size_t at = 4; at < pages; at += 2) {  // each second page, so that none are joined
        if (mprotect(first + at * page, page, PROT_READ) == -1) return first;
    }
    return nullptr;
}

/// What is said as an access to memory behind `fd` finds none.
unit::Ended touched(int fd) {
    return unit::in_child([fd] {
        shm::catch_bus_errors();
        const std::size_t page = shm::page_size();
        auto* const memory =
            static_cast<char*>(checked::mmap(nullptr, page, PROT_WRITE, MAP_SHARED, fd, 0));
        *static_cast<volatile char*>(memory) = 1;
        return 0;
    });
}

}  // namespace

TEST_CASE("a call that would cut a mapping in two names the limit on mappings") {
    if (maps_memory_itself) return testing::skip("the sanitizers end where they can map nothing");
    if (!shm::has_robust_list()) {
        return testing::skip("no robust lists (an emulator): it hangs where it can map nothing");
    }
    const auto ended = unit::in_child([] {
        char* const three = use_up_mappings();
        if (three == nullptr) return 77;
        const std::size_t page = shm::page_size();
        if (munmap(three + page, page) != -1 || errno != ENOMEM) return 1;
        const std::string unmap = shm::why_munmap(ENOMEM, three + page, page);
        if (mlock(three + page, page) != -1 || errno != ENOMEM) return 2;
        const std::string lock = shm::why_mlock(ENOMEM, page);
        const std::string protect = shm::why_mprotect(ENOMEM, three + page, PROT_READ);
        shm::say("{}\n{}\n{}", unmap, lock, protect);
        for (const std::string& reason : {unmap, lock, protect}) {
            if (!has(reason, "vm.max_map_count is ")) return 3;
        }
        return 0;
    });
    if (ended.status == "77") return testing::skip("too many mappings to be made");
    INFO(ended.out);
    CHECK(ended.status == "0");
}

TEST_CASE("memory that is gone is looked for where its file lies") {
    std::string path = "/tmp/shared-memory-test-XXXXXX";
    const shm::Descriptor file(mkostemp(path.data(), O_CLOEXEC));
    REQUIRE(file.is_open());
    const auto of_file = touched(file.get());
    CHECK(of_file.status == "SIGBUS");
    CHECK(has(of_file.err, "see which: ls -l " + path + "; df " + path + "\n"));
    unlink(path.c_str());
    CHECK(has(touched(file.get()).err, "; start again\n"));  // it has no name any more

    const shm::Descriptor memfd(memfd_create("nameless", MFD_CLOEXEC));
    const auto of_memfd = touched(memfd.get());
    CHECK(of_memfd.status == "SIGBUS");
    CHECK(has(of_memfd.err, "/memfd:nameless"));
    CHECK(has(of_memfd.err, "; start again\n"));

    const unit::FreshName name;
    const shm::Descriptor object(shm_open(name.value().c_str(), O_CREAT | O_RDWR, 0600));
    CHECK(has(touched(object.get()).err, "ls -l /dev/shm" + name.value() + "; df /dev/shm\n"));
}

TEST_CASE("what was not unmapped after all keeps its name and its line") {
    const unit::Ended ended = unit::in_child([] {
        shm::catch_bus_errors();
        const std::size_t page = shm::page_size();
        const int fd = checked::memfd_create("kept", MFD_CLOEXEC);
        checked::ftruncate(fd, static_cast<off_t>(page));
        auto* const memory =
            static_cast<char*>(checked::mmap(nullptr, page, PROT_WRITE, MAP_SHARED, fd, 0));
        for (int i = 0; i < 2; ++i) {
            try {
                checked::munmap(memory, 0);
            } catch (const shm::SystemError& error) {
                shm::say("{}", error.what());
            }
        }
        checked::ftruncate(fd, 0);
        *static_cast<volatile char*>(memory) = 1;
        return 0;
    });
    CHECK(has(ended.out, "munmap memfd kept: Invalid argument"));
    CHECK_FALSE(has(ended.out, "munmap address"));
    CHECK(has(ended.err, "memfd kept"));
}

TEST_CASE("threads map and unmap at the same time") {  // ThreadSanitizer sees whether they may
    const unit::Ended ended = unit::in_child([] {
        const std::size_t page = shm::page_size();
        const int fd = checked::memfd_create("pages", MFD_CLOEXEC);
        checked::ftruncate(fd, static_cast<off_t>(page));
        const auto map_often = [&] {
            for (int i = 0; i < 500; ++i) {
                void* const memory = checked::mmap(nullptr, page, PROT_READ, MAP_SHARED, fd, 0);
                checked::munmap(memory, page);
            }
        };
        std::thread other(map_often);
        map_often();
        other.join();
        return 0;
    });
    CHECK(ended.status == "0");
    CHECK(ended.err.empty());
}
