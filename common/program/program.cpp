#include "common/program/program.hpp"

#include "common/program/bus_error.hpp"
#include "common/program/check.hpp"
#include "common/program/cleanup.hpp"

#include <fcntl.h>   // open
#include <unistd.h>  // STDIN_FILENO

#include <cerrno>
#include <exception>

namespace shm {

namespace {

/// Started with standard input, output or error closed, a program would get that number for the
/// next thing that it opens, and write what it says into shared memory. So each number is taken,
/// by something that can be used the wrong way only: who tries gets EBADF, as before.
void reserve_standard_numbers() {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
        // The lowest number that is free, which is fd.
        // O_CLOEXEC: a program that we exec finds it closed, too.
        check(open("/dev/null", O_CLOEXEC | (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY)), "open",
              "/dev/null");
    }
}

}  // namespace

int program(int argc, char** argv, const std::string& description,
            const std::function<void(Options&)>& declare, const std::function<int()>& body) {
    set_program_path(argc > 0 ? argv[0] : "program");
    try {
        reserve_standard_numbers();
        catch_stop_signals();
        catch_bus_errors();
        Options options(description);
        declare(options);
        if (!options.parse(argc, argv)) return 0;
        const int status = body();
        return status == 0 && has_failed_cleanup() ? 1 : status;
    } catch (const Stopped& stopped) {
        end_by_signal(stopped.signal());
    } catch (const UsageError& error) {
        note("{}; see {} --help", error.what(), program_name());
        return 2;
    } catch (const std::exception& error) {
        note_line(error.what());
        return 1;
    }
}

}  // namespace shm
