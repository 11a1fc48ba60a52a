//! Configurations of Terraform that read what others of the project give out: found by where these keep their states.

use std::rc::Rc;

use super::instance::{Env, Instance};
use super::unit::Unit;
use super::{Evaluator, folder};
use crate::fact::join;
use crate::fact::template::State;

/// What tells one state from others in the same place; one of these at least must be told.
const KEYS: [&str; 2] = ["key", "prefix"];

/// What tells places of one sort apart, where both sides tell.
const PLACES: [&str; 4] = ["bucket", "container_name", "storage_account_name", "workspace_key_prefix"];

impl<'f> Evaluator<'f> {
    /// The deployment whose state is read; `None` where none or several of the project may be it.
    pub(super) fn kept(&self, state: &'f State, env: &Env<'f>) -> Option<Rc<Instance<'f>>> {
        let config = self.evaluate(&state.config, env);
        let text = |key: &str| Some(config.key(key)?.data.as_text()?.to_owned());
        if &*state.backend == "local" {
            let own = folder(&self.files.get(env.file.0 as usize)?.path);
            let path = join(own, folder(&text("path")?))?;
            let unit = self.units.get(self.folders.get(path.as_str())?)?;
            return self.only_entry(|own| Rc::ptr_eq(own, unit));
        }
        KEYS.iter().find_map(|key| text(key))?;
        self.only_entry(|own| {
            let Some(kept) = own.state.filter(|kept| kept.backend == state.backend) else { return false };
            let written = |key: &str| kept.config.at(&[key]).and_then(|own| own.text());
            KEYS.iter().all(|key| text(key).as_deref() == written(key))
                && PLACES.iter().all(|key| match (text(key), written(key)) {
                    (Some(one), Some(other)) => one == other,
                    _ => true,
                })
        })
    }

    /// The only deployment of a template that nothing calls for.
    fn only_entry(&self, is: impl Fn(&Rc<Unit<'f>>) -> bool) -> Option<Rc<Instance<'f>>> {
        let all = self.instances.borrow();
        let mut found = all.iter().filter(|own| own.is_entry() && is(&own.unit));
        let only = found.next().cloned();
        only.filter(|_| found.next().is_none())
    }
}
