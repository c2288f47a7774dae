#include "common/memory/layout.hpp"

#include "common/program/console.hpp"
#include "common/program/error.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <string>

namespace shm {

void prepare(LayoutHeader& header, const Layout& layout) {
    header.version = layout.version;
    header.abi = layout_abi;
    header.size = layout.size;
    // Keeps the compiler from moving later stores before these: should this process be killed,
    // they must be the first that are found. (Other processes wait for publish().)
    std::atomic_signal_fence(std::memory_order_release);
}

namespace {

std::string abi_text(unsigned abi) {
    return fmt::format("pointers of {} bytes, mutexes of {}, semaphores of {}", abi >> 8U,
                       (abi >> 4U & 0xfU) * 8, (abi & 0xfU) * 8);
}

}  // namespace

//! [publish header]
void publish(LayoutHeader& header, const Layout& layout) {
    // release: a process that loads the magic number with acquire also sees what was written
    // before.
    header.magic.store(layout.magic, std::memory_order_release);
}
//! [publish header]

bool is_unfinished(const LayoutHeader& header, const Layout& layout) {
    // acquire: as in is_published(); a dead creator's stores are all there by now in any case.
    if (header.magic.load(std::memory_order_acquire) != 0) return false;
    // Prepared, or on the way there: 0 is what has not been stored yet.
    const bool is_ours = header.version == layout.version &&
                         (header.abi == 0 || header.abi == layout_abi) &&
                         (header.size == 0 || header.size == layout.size);
    if (is_ours) return true;
    const auto* bytes = reinterpret_cast<const unsigned char*>(&header);
    return std::all_of(bytes, bytes + layout.size, [](unsigned char byte) { return byte == 0; });
}

bool is_published(const LayoutHeader& header, const Layout& layout, std::string_view object) {
    //! [load magic]
    // acquire: pairs with the release in publish(); read once, since a peer may change it.
    const std::uint64_t magic = header.magic.load(std::memory_order_acquire);
    if (magic == 0) return false;
    //! [load magic]
    if (magic != layout.magic) {
        throw Failure(
            fmt::format("{}: holds another program's data (it begins {:#018x}, ours with "
                        "{:#018x}); choose another name or key",
                        object, magic, layout.magic));
    }
    const std::uint16_t version = header.version;
    const std::uint16_t abi = header.abi;
    const std::uint32_t size = header.size;
    if (version != layout.version || size != layout.size) {
        throw Failure(
            fmt::format("{}: layout {} of {}, but this program knows layout {} of {} bytes; "
                        "build both programs from the same sources",
                        object, version, count_text(size, "byte"), layout.version, layout.size));
    }
    if (abi != layout_abi) {
        throw Failure(
            fmt::format("{}: made by a program with {}, but this one has {}; build both for the "
                        "same machine, with the same C library",
                        object, abi_text(abi), abi_text(layout_abi)));
    }
    return true;
}

}  // namespace shm
