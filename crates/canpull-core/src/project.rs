//! A project in memory: its files and its configuration, taken as a walk over the same files on disk takes them.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use canpull_syntax::{FileId, text};

use crate::config::{CONFIG_PATHS, Config, ConfigError};
use crate::fix::{self, Allowed, Changed, Outcome};
use crate::glob;
use crate::render::{Format, Input, SourceText};
use crate::report::{ConfigText, Options, Report, ReportFile, judge, rule_infos};
use crate::source::{self, is_candidate, is_skipped};

/// Files and a configuration, held whole.
#[derive(Clone, Debug)]
pub struct Project {
    files: BTreeMap<String, Arc<[u8]>>,
    config: Option<ConfigText>,
}

/// Why a project cannot be analysed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ProjectError {
    /// A path that no file of a project has.
    Path(String),
    /// What is wrong with the configuration.
    Config(Vec<ConfigError>),
    /// The configuration is not text.
    NotText(String),
    /// No file may be a source.
    NothingToRead,
    /// A choice that cannot be made.
    Choice(String),
}

impl fmt::Display for ProjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(message) | Self::NotText(message) | Self::Choice(message) => f.write_str(message),
            Self::Config(errors) => {
                let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
            Self::NothingToRead => f.write_str("nothing to read: none of the files is named like a source"),
        }
    }
}

impl std::error::Error for ProjectError {}

/// A report, and the files that it was made from.
#[derive(Clone, Debug)]
pub struct Analysis {
    report: Report,
    /// By `FileId`, like the report's files.
    sources: Vec<Arc<[u8]>>,
}

impl Project {
    /// Takes files by path, relative to the project's root. The configuration is `config`, else the one among the
    /// files; with `isolated`, there is none.
    ///
    /// # Errors
    /// Says which path is no such path, what is wrong with the configuration, or that there is nothing to read.
    pub fn new(
        files: impl IntoIterator<Item = (String, Vec<u8>)>,
        config: Option<String>,
        isolated: bool,
    ) -> Result<Self, ProjectError> {
        let mut all: BTreeMap<String, Arc<[u8]>> = BTreeMap::new();
        for (path, bytes) in files {
            check_path(&path).map_err(ProjectError::Path)?;
            if all.contains_key(&path) {
                return Err(ProjectError::Path(format!("`{path}` is given twice")));
            }
            all.insert(path, bytes.into());
        }
        let config = match config {
            _ if isolated => None,
            Some(text) => {
                let [path, _] = CONFIG_PATHS;
                all.remove(path);
                Some(ConfigText { path: path.to_owned(), text })
            }
            None => match CONFIG_PATHS.iter().find_map(|path| all.remove_entry(*path)) {
                Some((path, bytes)) => Some(decoded(path, &bytes)?),
                None => None,
            },
        };
        let read = match &config {
            Some(written) => written.read(FileId(0)).map_err(ProjectError::Config)?,
            None => Config::default(),
        };
        all.retain(|path, _| is_walked(path, &read));
        if all.is_empty() {
            return Err(ProjectError::NothingToRead);
        }
        Ok(Self { files: all, config })
    }

    /// Reads, parses and judges. `changed` holds files as fixes leave them, by path.
    ///
    /// # Errors
    /// Those of a configuration that fixes have changed.
    pub fn analyse(&self, options: &Options, changed: &Changed) -> Result<Analysis, ProjectError> {
        let mut config = self.config.clone();
        let mut sources = Vec::with_capacity(self.files.len() + 1);
        let mut facts = Vec::with_capacity(self.files.len() + 1);
        for (path, bytes) in &self.files {
            let bytes = changed.get(path).unwrap_or(bytes);
            facts.push(source::read(FileId::at(facts.len()), path, bytes));
            sources.push(Arc::clone(bytes));
        }
        if let Some(written) = &mut config {
            if let Some(bytes) = changed.get(&written.path) {
                *written = decoded(written.path.clone(), bytes)?;
            }
            sources.push(written.text.as_bytes().into());
        }
        let report = judge(facts, config.as_ref(), options).map_err(ProjectError::Config)?;
        Ok(Analysis { report, sources })
    }

    /// Applies fixes in memory.
    ///
    /// # Errors
    /// Says which choice cannot be made.
    pub fn mend(&self, options: &Options, allowed: &Allowed) -> Result<Outcome<Analysis>, ProjectError> {
        let analysis = self.analyse(options, &Changed::new())?;
        allowed.check(&analysis.report).map_err(ProjectError::Choice)?;
        fix::mend(analysis, allowed, |changed| self.analyse(options, changed))
    }
}

impl Analysis {
    /// What was found.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The report in a format.
    pub fn render(&self, format: &Format) -> String {
        let text = |id: FileId| {
            let index = id.0 as usize;
            Some(Rc::new(source_text(self.report.files.get(index)?, self.sources.get(index)?)))
        };
        format.text(&Input { report: &self.report, rules: &rule_infos(), text: &text, folder: "" })
    }
}

/// A file's text, decoded as it was for the analysis, and what may not be shown of it.
pub fn source_text(file: &ReportFile, bytes: &[u8]) -> SourceText {
    let text = match text::decode(bytes) {
        Ok(text) => text.into_owned(),
        Err(error) => error.before,
    };
    let secrets = [file.masked.as_slice(), &source::secrets(&file.path, &text)].concat();
    let is_script = source::is_script(&file.path, &text);
    let mut source = SourceText::new(text, secrets);
    source.shows_neighbours = !is_script;
    source
}

impl fix::Analysis for Analysis {
    fn report(&self) -> &Report {
        &self.report
    }

    fn bytes(&self, file: FileId) -> Option<Vec<u8>> {
        self.sources.get(file.0 as usize).map(|bytes| bytes.to_vec())
    }
}

fn decoded(path: String, bytes: &[u8]) -> Result<ConfigText, ProjectError> {
    match text::decode(bytes) {
        Ok(text) => Ok(ConfigText { text: text.into_owned(), path }),
        Err(error) => Err(ProjectError::NotText(format!("{path}: the file is not text: {}", error.message))),
    }
}

/// Whether a path is relative to the project's root and leads to one place only.
fn check_path(path: &str) -> Result<(), String> {
    let steps = || path.split('/');
    if path.contains(['\\', '\0']) {
        Err(format!("`{path}`: paths are written with `/`"))
    } else if steps().any(|step| ["", ".", ".."].contains(&step)) {
        Err(format!("`{path}`: paths are relative to the project's root, without `.` and `..`"))
    } else {
        Ok(())
    }
}

/// Whether a walk comes by a file: it may be a source, and neither it nor a folder above it is left out.
fn is_walked(path: &str, config: &Config) -> bool {
    let mut above = path.match_indices('/').map(|(at, _)| at).chain([path.len()]).filter_map(|end| path.get(..end));
    let left_out = above.any(|path| config.exclude.iter().any(|glob| glob::matches_path(&glob.value, path)));
    let name = path.rsplit('/').next().unwrap_or(path);
    is_candidate(name) && !path.split('/').any(is_skipped) && !left_out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(paths: &[&str], config: Option<&str>) -> Result<Project, ProjectError> {
        let files = paths.iter().map(|path| ((*path).to_owned(), b"a: 1\n".to_vec()));
        Project::new(files, config.map(str::to_owned), false)
    }

    #[test]
    fn files_are_taken_as_a_walk_takes_them() {
        let paths = ["b.yaml", "a.yml", "node_modules/x.yaml", "logo.png", "vendor/deep/c.yaml"];
        let project = project(&paths, Some("exclude: [vendor]")).unwrap();
        assert_eq!(project.files.keys().collect::<Vec<_>>(), ["a.yml", "b.yaml"]);
    }

    #[test]
    fn paths_are_checked() {
        for path in ["", "/a.yaml", "./a.yaml", "a/../b.yaml", "a\\b.yaml", "a//b.yaml"] {
            assert!(matches!(project(&[path], None), Err(ProjectError::Path(_))), "{path}");
        }
        assert!(matches!(project(&["a.yaml", "a.yaml"], None), Err(ProjectError::Path(_))));
        assert!(matches!(project(&["logo.png"], None), Err(ProjectError::NothingToRead)));
    }

    #[test]
    fn a_configuration_among_the_files_counts() {
        assert!(matches!(project(&["a.yaml", "canpull.yaml"], None), Err(ProjectError::Config(_))));
        assert!(project(&["a.yaml", "canpull.yaml"], Some("")).is_ok());
        let files = ["a.yaml", "canpull.yaml"].map(|path| (path.to_owned(), b"a: 1\n".to_vec()));
        assert!(Project::new(files, None, true).is_ok());
    }
}
