//! The module of the npm package says what the command line says, byte for byte, on every fixture.

use std::path::{Path, PathBuf};
use std::process::Command;

use canpull_core::render::FORMATS;
use rayon::prelude::*;

use super::{equivalence, estates, rules};

const NOW: &str = "2026-01-01T12:00:00Z";

/// Set where the package must be there: without it, the tests may run alone.
const NEEDED: &str = "CANPULL_PACKAGE";

/// A project's files.
type Files = Vec<(String, Vec<u8>)>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn below(folder: &Path) -> Files {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(Result::unwrap);
    let files = walk.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path);
    let name = |path: &PathBuf| path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
    files.map(|path| (name(&path), std::fs::read(&path).unwrap())).collect()
}

/// Every estate, the same estates in each language, every fixture of a format, and every example of a rule's page.
fn projects() -> Vec<Files> {
    let mut all: Vec<Files> = estates::estates().iter().map(|folder| below(folder)).collect();
    all.extend(equivalence::estates().iter().map(|folder| below(folder)));
    let formats = below(&root().join("fixtures/formats"));
    all.extend(formats.into_iter().filter(|(name, _)| name.strip_suffix(".facts").is_none()).map(|file| vec![file]));
    for rule in canpull_core::rules::ALL {
        for heading in ["Wrong", "Right"] {
            let example = rules::example(rule.page, heading).unwrap();
            all.push(example.into_iter().map(|(name, text)| (name, text.into_bytes())).collect());
        }
    }
    all
}

/// Writes a project, and beside it what the command line prints of it.
fn print(folder: &Path, files: &Files, everything: bool) {
    for (name, bytes) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let beside = |ending: &str| format!("{}.{ending}", folder.display());
    let canpull = |args: &[&str]| {
        let mut canpull = Command::new(env!("CARGO_BIN_EXE_canpull"));
        canpull.args(args).args(["--now", NOW, "--no-ignore", "--quiet"]).current_dir(folder).output().unwrap()
    };
    let expect = |ending: &str, args: &[&str]| {
        let output = canpull(args);
        if output.status.code() != Some(2) {
            std::fs::write(beside(ending), output.stdout).unwrap();
        }
    };
    let formats = FORMATS.iter().map(|format| format.name).filter(|name| everything || *name == "json");
    let outputs: Vec<String> = formats.map(|name| format!("--output-format={name}={}", beside(name))).collect();
    canpull(&std::iter::once("check").chain(outputs.iter().map(String::as_str)).collect::<Vec<_>>());
    if everything {
        expect("explain", &["explain", ""]);
        for format in canpull_core::render::graph::FORMATS.iter().map(|format| format.name) {
            expect(&format!("graph-{format}"), &["graph", "--format", format]);
        }
    }
}

#[test]
fn module_and_command_line_print_the_same() {
    let package = root().join("wasm/npm");
    if !package.join("dist/node.js").exists() {
        assert!(std::env::var_os(NEEDED).is_none(), "the npm package is not built: `npm run build` in wasm/npm");
        println!("the npm package is not built: nothing is compared");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let projects = projects();
    let whole = estates::estates().len() + equivalence::estates().len();
    projects.par_iter().enumerate().for_each(|(index, files)| {
        print(&folder.path().join(format!("{index:04}")), files, index < whole);
    });
    let mut node = Command::new("node");
    let output = node.arg(package.join("test/parity.js")).arg(folder.path()).arg(NOW).output().expect("node runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let same: usize = said.split(' ').next().unwrap().parse().unwrap();
    assert!(same > projects.len(), "{said}");
}
