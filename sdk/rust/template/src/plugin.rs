//! @NAME@: a plugin for midimon.
#![no_std]
use midimon::prelude::*;

params! {
    /// The params of the action. What midimon checks in a profile is made of this, too.
    pub struct Greeting {
        /// Whom to greet
        who: String = "world".into(); "minLength" => 1, "maxLength" => 64,
        /// Say how many were greeted, which is kept in a file
        count: bool = false,
    }
}

fn count_up() -> Result<i64, midimon::Error> {
    let text = midimon::files::read("/count")?;
    let count = text.and_then(|text| text.trim().parse::<i64>().ok()).unwrap_or(0) + 1;
    midimon::files::write("/count", &count.to_string())?;
    Ok(count)
}

fn greet(params: Greeting, _: &Call) -> Status {
    let greeting = ["Hello, ", &params.who, "!"].concat();
    midimon::log(&greeting);
    let mut output = Json::object().with("greeting", greeting);
    if params.count {
        output.set("count", count_up()?);
    }
    midimon::set_output(&output)?;
    Ok(())
}

fn declare(plugin: &mut Plugin) {
    plugin.name("@NAME@").version("0.1.0").description("Says hello");
    plugin.needs("filesystem", &[], "to count whom it greeted");
    plugin.action("greet", greet).label("Greet").description("Says hello to somebody");
}

plugin!(declare);
