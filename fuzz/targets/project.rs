//! Whole projects: they are read, judged, told of in every format and mended, whatever their files hold.
#![no_main]

use canpull_core::Options;
use canpull_core::fix::Allowed;
use canpull_core::project::Project;
use canpull_core::render::FORMATS;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(project) = Project::new(canpull_fuzz::files(data), None, true) else { return };
    let options = Options::default();
    let Ok(analysis) = project.analyse(&options, &Default::default()) else { return };
    for format in FORMATS {
        let _ = analysis.render(format);
    }
    let _ = project.mend(&options, &Allowed::Unsafe);
});
