//! The command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    // First, and with nothing before it: the child that reads PDFs must start fast and know nothing.
    if std::env::args_os().nth(1).is_some_and(|command| command == "pdf-worker") {
        return gradeledger::pdf::pdf_worker_main();
    }
    gradeledger::cli::main()
}
