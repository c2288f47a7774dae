#include "common/program.hpp"

#include "common/error.hpp"

#include <exception>
#include <string_view>

namespace shm {

int program(int argc, char** argv, const std::string& description,
            const std::function<void(Options&)>& declare, const std::function<int()>& body) {
    const std::string_view path = argc > 0 ? argv[0] : "program";
    set_program_name(path.substr(path.rfind('/') + 1));  // npos + 1 is 0: all of it
    try {
        catch_stop_signals();
        Options options(description);
        declare(options);
        if (!options.parse(argc, argv)) return 0;
        return body();
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
