#include "common/memory/layout.hpp"

#include "common/program/console.hpp"
#include "common/program/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace shm {

void prepare(LayoutMark& mark, const Layout& layout) {
    mark.version = layout.version;
    mark.size = layout.size;
    // Keeps the compiler from moving later stores before these two: should this process be killed,
    // they must be the first that are found. (Other processes wait for publish().)
    std::atomic_signal_fence(std::memory_order_release);
}

//! [publish mark]
void publish(LayoutMark& mark, const Layout& layout) {
    // release: whoever reads the magic number by an acquire also sees all that was written before.
    mark.magic.store(layout.magic, std::memory_order_release);
}
//! [publish mark]

bool is_unfinished(const LayoutMark& mark, const Layout& layout) {
    // acquire: as in is_published(); a dead creator's stores are all there by now in any case.
    if (mark.magic.load(std::memory_order_acquire) != 0) return false;
    if (mark.version == layout.version && (mark.size == 0 || mark.size == layout.size)) return true;
    const auto* bytes = reinterpret_cast<const unsigned char*>(&mark);
    return std::all_of(bytes, bytes + layout.size, [](unsigned char byte) { return byte == 0; });
}

bool is_published(const LayoutMark& mark, const Layout& layout, std::string_view object) {
    // acquire: pairs with the release in publish(); read once, since a peer may change it.
    const std::uint64_t magic = mark.magic.load(std::memory_order_acquire);
    if (magic == 0) return false;
    if (magic != layout.magic) {
        throw Failure(
            fmt::format("{}: holds another program's data (it begins {:#018x}, ours with "
                        "{:#018x}); choose another name or key",
                        object, magic, layout.magic));
    }
    const std::uint32_t version = mark.version;
    const std::uint32_t size = mark.size;
    if (version != layout.version || size != layout.size) {
        throw Failure(
            fmt::format("{}: layout {} of {}, but this program knows layout {} of {} bytes; "
                        "build both programs from the same sources",
                        object, version, count_text(size, "byte"), layout.version, layout.size));
    }
    return true;
}

}  // namespace shm
