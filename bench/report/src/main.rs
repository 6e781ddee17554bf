//! `report`: makes everything anew of what the programs have measured. `report --docs`: makes the
//! pages anew of the report that is there. `report --quick`: only shows the table.

use std::{collections::BTreeMap, env, fs};

use portcullis_bench::{Failure, is_quick};
use portcullis_bench_report::{
    Measured, Report, documents, recorded_instructions, report_file, table,
};

fn main() -> Result<(), Failure> {
    let report = if env::args().any(|argument| argument == "--docs") {
        Report::read(&report_file())?
    } else {
        let instructions = recorded_instructions().unwrap_or_else(|_| BTreeMap::new());
        Measured::read(instructions)?.report()?
    };
    println!("{}", table(&report));
    if is_quick() {
        println!("\nToo little was measured for figures that are shown: nothing was written.");
        return Ok(());
    }
    report.write(&report_file())?;
    for (file, text) in documents(&report)? {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&file, text)?;
        println!("{}", file.display());
    }
    Ok(())
}
