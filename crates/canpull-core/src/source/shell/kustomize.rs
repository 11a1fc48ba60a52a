//! `kustomize edit set image`: gives images other names before they are deployed.

use super::arguments::Argument;
use super::run::Run;
use super::value;
use crate::fact::{DeployerFact, ImageOverride, KustomizationFact};

/// What the command is told by, whatever the program is called.
pub(super) const EDIT: &str = "edit set image";

/// Notes the images that a command gives other names. Which folder the script is in is not followed, nor whether it runs.
pub(super) fn edit(run: &mut Run<'_>, arguments: &[Argument]) {
    let [_, command @ ..] = arguments else { return };
    let (words, images) = command.split_at(command.len().min(3));
    if !words.iter().map(|word| word.value.as_text()).eq(EDIT.split(' ').map(Some)) {
        return;
    }
    let parse = |image: &Argument| {
        let span = run.span(image.range);
        let known = image.value.alternatives().first().filter(|_| image.value.alternatives().len() == 1);
        let text = known.and_then(|joined| value::symbol(joined)).unwrap_or_else(|| run.slice(image.range).to_owned());
        ImageOverride::parse(&text, span)
    };
    let images: Vec<ImageOverride> = images.iter().filter_map(parse).filter(|image| image.new_name.is_some()).collect();
    if !images.is_empty() {
        let changes = KustomizationFact { images, ..KustomizationFact::default() };
        run.facts.deployers.push(DeployerFact { folder: None, changes });
    }
}
