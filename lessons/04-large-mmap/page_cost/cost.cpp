#include "cost.hpp"

namespace page_cost {

namespace {

//! [touch pages]
/// Reads or writes a byte of each page. AddressSanitizer stays out of it: it would look each
/// address up in memory of its own, which has page faults too.
__attribute__((no_sanitize("address"))) void go_through(unsigned char* begin, std::size_t size,
                                                        std::size_t page, Access access) {
    // volatile: the compiler must not leave out loads and stores whose value is not needed.
    volatile unsigned char* bytes = begin;
    for (std::size_t at = 0; at < size; at += page) {
        if (access == Access::write) {
            bytes[at] = 1;
        } else {
            static_cast<void>(bytes[at]);
        }
    }
}
//! [touch pages]

}  // namespace

Cost touch_pages(const Mapping& mapping, std::size_t size, std::size_t page, Access access) {
    return cost_of(size / page, [&] { go_through(mapping.address(), size, page, access); });
}

}  // namespace page_cost
