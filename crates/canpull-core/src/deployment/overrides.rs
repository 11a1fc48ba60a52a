//! Override files of Terraform: argument by argument, what they say is laid over what the other files of their folder say.

use std::collections::BTreeMap;

use canpull_syntax::expression::{Expression, ExpressionKind, Property};
use canpull_syntax::{FileId, TextRange, order};

use super::folder;
use crate::fact::FileFacts;
use crate::fact::template::{Module, Named, Parameter, Resource, Source, TemplateFact, Terms};

/// Lays what override files say over what the rest of their folder says. What they find nothing to lay over stands as it is.
pub(super) fn lay_over(files: &mut [FileFacts]) {
    let overrides = |file: &FileFacts| file.templates.iter().any(|template| template.overrides);
    let mut all: Vec<usize> = files.iter().enumerate().filter(|(_, file)| overrides(file)).map(|(at, _)| at).collect();
    if all.is_empty() {
        return;
    }
    order::sort_by_key(&mut all, |at| files.get(*at).map(|file| file.path.clone()));
    let mut beside: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, file) in files.iter().enumerate() {
        if file.templates.iter().any(|template| template.is_of_folder && !template.overrides) {
            beside.entry(folder(&file.path).to_owned()).or_default().push(at);
        }
    }
    for at in all {
        let Some(file) = files.get_mut(at) else { continue };
        let templates = std::mem::take(&mut file.templates);
        let others = beside.get(folder(&file.path)).map(Vec::as_slice).unwrap_or_default();
        let mut base = Base { files, others, over: FileId::at(at) };
        let left = templates.into_iter().map(|template| base.lay_over(template)).collect();
        if let Some(file) = files.get_mut(at) {
            file.templates = left;
        }
    }
}

/// The files that an override file is laid over.
struct Base<'f> {
    files: &'f mut [FileFacts],
    /// Their places.
    others: &'f [usize],
    over: FileId,
}

impl Base<'_> {
    /// Gives back what it finds nothing to lay over.
    fn lay_over(&mut self, mut template: TemplateFact) -> TemplateFact {
        template.parameters.retain_mut(|own| !self.parameter(own));
        template.variables.retain_mut(|own| !self.named(own, |base| &mut base.variables));
        template.outputs.retain_mut(|own| !self.named(own, |base| &mut base.outputs));
        template.resources.retain(|own| !self.resource(own));
        template.modules.retain(|own| !self.module(own));
        template
    }

    /// The first of its kind among the files.
    fn find<T>(&mut self, all: impl Fn(&mut TemplateFact) -> &mut Vec<T>, is: impl Fn(&T) -> bool) -> Option<&mut T> {
        let others = self.others;
        let place = others.iter().find_map(|at| {
            let templates = &mut self.files.get_mut(*at)?.templates;
            let (template, own) = templates
                .iter_mut()
                .enumerate()
                .find_map(|(index, own)| Some((index, all(own).iter().position(&is)?)))?;
            Some((*at, template, own))
        });
        let (at, template, own) = place?;
        all(self.files.get_mut(at)?.templates.get_mut(template)?).get_mut(own)
    }

    fn parameter(&mut self, own: &Parameter) -> bool {
        let over = self.over;
        let found = self.find(|base| &mut base.parameters, |base| base.name == own.name);
        let Some(base) = found else { return false };
        let at = base.range;
        set(&mut base.default, own.default.as_ref(), over, at);
        set(&mut base.kind, own.kind.as_ref(), over, at);
        true
    }

    fn named(&mut self, own: &Named, all: impl Fn(&mut TemplateFact) -> &mut Vec<Named>) -> bool {
        let over = self.over;
        let Some(base) = self.find(all, |base| base.name == own.name) else { return false };
        base.value = elsewhere(&own.value, over, base.value.range);
        true
    }

    fn resource(&mut self, own: &Resource) -> bool {
        let over = self.over;
        let is = |base: &Resource| base.symbol.is_some() && base.symbol == own.symbol;
        let Some(base) = self.find(|base| &mut base.resources, is) else { return false };
        let at = base.body.range;
        for (base, own) in [
            (&mut base.name, &own.name),
            (&mut base.scope, &own.scope),
            (&mut base.group, &own.group),
            (&mut base.parent, &own.parent),
            (&mut base.changes, &own.changes),
        ] {
            set(base, own.as_ref(), over, at);
        }
        if own.provider.is_some() {
            base.provider.clone_from(&own.provider);
        }
        // In Azure's own words only where the type is said anew.
        if own.kind.contains('/') {
            base.kind.clone_from(&own.kind);
        }
        repeated(&mut base.terms, &own.terms, over, at);
        laid(&mut base.body, &own.body, over, at);
        each_named(&mut base.settings, &own.settings, over, at);
        true
    }

    fn module(&mut self, own: &Module) -> bool {
        let over = self.over;
        let Some(base) = self.find(|base| &mut base.modules, |base| base.symbol == own.symbol) else { return false };
        let at = base.range;
        let says_nothing = matches!(&own.source, Source::Elsewhere(written) if written.is_empty());
        if !says_nothing {
            base.source.clone_from(&own.source);
        }
        base.has_providers |= own.has_providers;
        repeated(&mut base.terms, &own.terms, over, at);
        each_named(&mut base.arguments, &own.arguments, over, at);
        true
    }
}

/// What another file says, in place of what stands here.
fn elsewhere(own: &Expression, over: FileId, at: TextRange) -> Expression {
    Expression::new(at, ExpressionKind::Elsewhere(Box::new((over, own.clone()))))
}

fn set(base: &mut Option<Expression>, own: Option<&Expression>, over: FileId, at: TextRange) {
    if let Some(own) = own {
        *base = Some(elsewhere(own, over, at));
    }
}

/// How often something is made.
fn repeated(base: &mut Terms, own: &Terms, over: FileId, at: TextRange) {
    if let Some(each) = &own.each {
        let mut each = each.clone();
        each.over = elsewhere(&each.over, over, at);
        base.each = Some(each);
    }
}

fn each_named(base: &mut Vec<Named>, own: &[Named], over: FileId, at: TextRange) {
    for own in own {
        let value = elsewhere(&own.value, over, at);
        match base.iter_mut().find(|base| base.name == own.name) {
            Some(base) => base.value = value,
            None => base.push(Named { name: own.name.clone(), value }),
        }
    }
}

/// Lays an object over another, key by key. Objects within, which are what several arguments come to, have the range of
/// the whole; others are one value.
fn laid(base: &mut Expression, own: &Expression, over: FileId, at: TextRange) {
    let ExpressionKind::Object(properties) = &mut base.kind else { return };
    let mut all = std::mem::take(properties).into_vec();
    for property in own.properties() {
        let key = property.key.text();
        let found = all.iter_mut().find(|base| base.key.text() == key);
        match found {
            Some(base) if is_whole(&base.value, at) && is_whole(&property.value, own.range) => {
                laid(&mut base.value, &property.value, over, at);
            }
            Some(base) => *base = placed(property, over, at),
            None => all.push(placed(property, over, at)),
        }
    }
    *properties = all.into();
}

fn is_whole(value: &Expression, whole: TextRange) -> bool {
    value.range == whole && matches!(value.kind, ExpressionKind::Object(_))
}

fn placed(own: &Property, over: FileId, at: TextRange) -> Property {
    let key = match &own.key.kind {
        ExpressionKind::Spread(of) => ExpressionKind::Spread(Box::new(elsewhere(of, over, at))),
        key => key.clone(),
    };
    Property { key: Expression::new(TextRange::empty(at.start), key), value: elsewhere(&own.value, over, at) }
}
