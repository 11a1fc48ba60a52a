//! What kustomizations generate secrets from: files, as far as the sources hold these.

use std::collections::{BTreeMap, BTreeSet};

use canpull_syntax::order;

use crate::fact::{Content, Field, FileFacts, GeneratedFile, GeneratorFact, SecretValue, Sensitive, Why};

/// Gives generators what their files hold.
pub(crate) fn fill(files: &mut [FileFacts]) {
    let generators = files.iter().filter_map(|file| file.kustomization.as_ref()).flat_map(|fact| &fact.generators);
    let wanted: BTreeSet<&str> = order::gather(generators.flat_map(|fact| &fact.files).map(|file| file.path.as_str()));
    if wanted.is_empty() {
        return;
    }
    let holding = files.iter().filter(|file| wanted.contains(file.path.as_str()));
    let contents = holding.filter_map(|file| Some((file.path.clone(), file.content.clone()?)));
    let contents: BTreeMap<String, Content> = order::gather(contents);
    let kustomizations = files.iter_mut().filter_map(|file| file.kustomization.as_mut());
    for GeneratorFact { files, values, .. } in kustomizations.flat_map(|fact| &mut fact.generators) {
        values.extend(files.iter().filter_map(|file| Some(value(file, &contents.get(&file.path)?.0))));
    }
}

fn value(file: &GeneratedFile, text: &str) -> SecretValue {
    // Flux decrypts what SOPS has encrypted.
    let value = if text.contains("ENC[") {
        Field::Unknown(Why::Encrypted, file.span)
    } else {
        Field::Known(Sensitive::new(text), file.span)
    };
    SecretValue { key: file.key.clone(), key_span: file.span, value, encoded: false }
}
