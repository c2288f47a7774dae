// The example in common/ring/ring.hpp, as a program: two processes, either of which may come first.
//
//   stream producer /name COUNT
//   stream consumer /name COUNT     prints how many quotes it received, each right
#include "example.hpp"  // made from that comment by test_package.py

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

extern int memory, number, ring, header;  // names of a project's own: no reason for a warning

namespace {

int produce(const char* name, std::uint64_t count) {
    const shm::WaitResult result = send(create_quotes(name), count);
    shm_unlink(name);  // the consumer has taken the last quote, so it has opened the object
    if (result == shm::WaitResult::ready) return 0;
    std::fprintf(stderr, "producer: WaitResult %d\n", static_cast<int>(result));
    return 1;
}

int consume(const char* name, std::uint64_t count) {
    std::uint64_t received = 0;
    bool is_right = true;
    const shm::WaitResult result = receive(open_quotes(name), [&](const Quote& quote) {
        const double price = 0.01 * static_cast<double>(received);
        is_right = is_right && quote.number == received && quote.price - price == 0;
        ++received;
    });
    std::printf("received %llu quotes, %s\n", static_cast<unsigned long long>(received),
                is_right ? "each right" : "not all right");
    if (result == shm::WaitResult::closed && received == count && is_right) return 0;
    std::fprintf(stderr, "consumer: WaitResult %d\n", static_cast<int>(result));
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    try {
        const std::uint64_t count = std::strtoull(argv[3], nullptr, 10);
        return argv[1] == std::string_view("producer") ? produce(argv[2], count)
                                                       : consume(argv[2], count);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", argv[1], error.what());
        return 1;
    }
}
