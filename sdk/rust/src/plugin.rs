//! What a plugin says of itself, and what its exports do.
use crate::answer::{Error, Status};
use crate::json::Json;
use crate::params::Params;
use crate::raw;
use alloc::string::String;
use alloc::vec::Vec;
use core::alloc::Layout;
use core::cell::UnsafeCell;

/// What calls an action.
pub struct Call {
    pub action: String,
    pub params: Json,
    /// 0 to 127.
    pub velocity: Option<i32>,
    pub mode: Option<i32>,
    /// Since 1970.
    pub timestamp_ms: i64,
}

/// Params of an action that takes none.
pub struct NoParams;
impl Params for NoParams {
    fn schema() -> Json {
        Json::object().with("type", "object").with("additionalProperties", false)
    }
    fn read(_: &Json) -> Result<NoParams, String> {
        Ok(NoParams)
    }
}

fn describe(schema: Option<&mut Json>, name: &str, keywords: Json) {
    let properties = schema.and_then(|schema| schema.find_mut("properties"));
    match (properties.and_then(|properties| properties.find_mut(name)), keywords) {
        (Some(property), Json::Object(keywords)) => {
            for (keyword, value) in keywords {
                property.set(&keyword, value);
            }
        }
        _ => panic!("there is no param or setting \"{name}\""),
    }
}

/// Declared to make the plugin's metadata, and for each call to find its action.
pub struct Plugin<'a> {
    call: Option<&'a Call>,
    status: Option<Status>,
    metadata: Json,
    capabilities: Vec<Json>,
    actions: Vec<Json>,
}

/// An action while it is declared.
pub struct Action<'a> {
    json: Option<&'a mut Json>,
}

impl Action<'_> {
    pub fn label(self, text: &str) -> Self {
        self.say("label", text)
    }
    pub fn description(self, text: &str) -> Self {
        self.say("description", text)
    }
    /// Keywords of JSON Schema about one of its params, such as "description" and "maximum": what
    /// [`params!`](crate::params!) has in its place, and serde has no word for. Panics if there is
    /// no such param.
    pub fn param(mut self, name: &str, keywords: Json) -> Self {
        if let Some(json) = &mut self.json {
            describe(json.find_mut("params"), name, keywords);
        }
        self
    }
    #[inline(never)]
    fn say(self, key: &str, text: &str) -> Self {
        Action {
            json: self.json.map(|json| {
                json.set(key, text);
                json
            }),
        }
    }
}

impl<'a> Plugin<'a> {
    pub fn new(call: Option<&'a Call>) -> Plugin<'a> {
        Plugin {
            call,
            status: None,
            metadata: Json::object(),
            capabilities: Vec::new(),
            actions: Vec::new(),
        }
    }

    /// The id: a to z, 0 to 9, with . _ - between them, at most 64 characters.
    pub fn name(&mut self, text: &str) -> &mut Self {
        self.say("name", text)
    }
    pub fn version(&mut self, text: &str) -> &mut Self {
        self.say("version", text)
    }
    pub fn description(&mut self, text: &str) -> &mut Self {
        self.say("description", text)
    }
    pub fn author(&mut self, text: &str) -> &mut Self {
        self.say("author", text)
    }
    pub fn license(&mut self, text: &str) -> &mut Self {
        self.say("license", text)
    }
    pub fn homepage(&mut self, text: &str) -> &mut Self {
        self.say("homepage", text)
    }
    /// One instance keeps its memory and connections from call to call.
    pub fn session(&mut self) -> &mut Self {
        self.say("lifetime", "session")
    }
    /// It has events of its own: see `plugin!(declare, poll)`.
    pub fn trigger(&mut self) -> &mut Self {
        self.say("type", "trigger")
    }

    /// What the plugin asks for, "network" or "audio:volume", narrowed by `allow` (which may be
    /// empty), and why, for people.
    pub fn needs(&mut self, kind: &str, allow: &[&str], reason: &str) -> &mut Self {
        if self.call.is_some() {
            return self;
        }
        let (kind, word) = match kind.split_once(':') {
            Some((kind, word)) => (kind, Some(word)),
            None => (kind, None),
        };
        let list: Vec<Json> = word.iter().chain(allow).map(|text| Json::from(*text)).collect();
        let mut json = Json::object().with("kind", kind).with("reason", reason);
        if !list.is_empty() {
            json.set("allow", list);
        }
        self.capabilities.push(json);
        self
    }

    /// What its user can set in the profile; [`settings`](crate::settings) reads it.
    pub fn settings<T: Params>(&mut self) -> &mut Self {
        if self.call.is_none() {
            self.metadata.set("settings", T::schema());
        }
        self
    }

    /// Keywords about one of its settings, as [`Action::param`] has them.
    pub fn setting(&mut self, name: &str, keywords: Json) -> &mut Self {
        if self.call.is_none() {
            describe(self.metadata.find_mut("settings"), name, keywords);
        }
        self
    }

    /// An action and what does it.
    pub fn action<T: Params>(&mut self, id: &str, run: fn(T, &Call) -> Status) -> Action<'_> {
        match self.call {
            None => self.add(id, T::schema()),
            Some(call) => {
                if self.status.is_none() && call.action == id {
                    self.status = Some(match T::read(&call.params) {
                        Ok(params) => run(params, call),
                        Err(what) => Err(wrong_params(&what)),
                    });
                }
                Action { json: None }
            }
        }
    }

    #[inline(never)]
    fn add(&mut self, id: &str, schema: Json) -> Action<'_> {
        self.actions.push(Json::object().with("id", id).with("params", schema));
        Action { json: self.actions.last_mut() }
    }

    pub fn metadata(mut self) -> String {
        if !self.capabilities.is_empty() {
            self.metadata.set("capabilities", self.capabilities);
        }
        self.metadata.set("actions", self.actions);
        self.metadata.dump()
    }

    #[inline(never)]
    fn say(&mut self, key: &str, text: &str) -> &mut Self {
        if self.call.is_none() {
            self.metadata.set(key, text);
        }
        self
    }
}

/// What a trigger plugin has to tell, in the words of `midimon simulate`: "press C2 100".
#[derive(Default)]
pub struct Events {
    events: Vec<Json>,
    next_ms: Option<u32>,
}

impl Events {
    pub fn new() -> Events {
        Events::default()
    }
    pub fn event(mut self, words: &str) -> Events {
        self.events.push(words.into());
        self
    }
    /// When to be asked again, in milliseconds.
    pub fn next(mut self, milliseconds: u32) -> Events {
        self.next_ms = Some(milliseconds);
        self
    }
    pub fn dump(self) -> String {
        if self.events.is_empty() && self.next_ms.is_none() {
            return String::new();
        }
        let mut json = Json::object().with("events", self.events);
        if let Some(next) = self.next_ms {
            json.set("next_ms", next);
        }
        json.dump()
    }
}

const BAD_MEMORY: i32 = 1;
const BAD_JSON: i32 = 2;

fn wrong_params(what: &str) -> Error {
    Error { code: BAD_JSON, text: ["The params are wrong. ", what].concat() }
}

/// `execute`, on bytes that the host says are a request.
pub fn execute(declare: fn(&mut Plugin), address: usize, length: usize) -> i32 {
    if address as u64 + length as u64 > memory_size() {
        return BAD_MEMORY;
    }
    // SAFETY: it lies inside memory, and nobody else writes to it while the guest runs.
    let bytes = unsafe { core::slice::from_raw_parts(address as *const u8, length) };
    let text = match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => return BAD_MEMORY,
    };
    let mut request = match Json::parse(text) {
        Some(request) => request,
        None => return BAD_JSON,
    };
    let action = match request.take("action") {
        Json::String(action) => action,
        _ => return BAD_JSON,
    };
    let params = match request.take("params") {
        Json::Null => Json::object(),
        given => given,
    };
    let context = request.get("context");
    let call = Call {
        velocity: context.get("velocity").as_i64().map(|number| number as i32),
        mode: context.get("current_mode").as_i64().map(|number| number as i32),
        timestamp_ms: context.get("timestamp").as_i64().unwrap_or(0),
        params,
        action,
    };
    let mut plugin = Plugin::new(Some(&call));
    declare(&mut plugin);
    let status = plugin.status.take().unwrap_or_else(|| {
        Err(["The plugin has no action \"", &call.action, "\"."].concat().into())
    });
    match status {
        Ok(()) => 0,
        Err(error) => {
            // SAFETY: it is a text of that length.
            unsafe { raw::set_error(error.text.as_ptr(), error.text.len()) };
            error.code
        }
    }
}

#[cfg(target_arch = "wasm32")]
fn memory_size() -> u64 {
    core::arch::wasm32::memory_size(0) as u64 * 65536
}
#[cfg(not(target_arch = "wasm32"))]
fn memory_size() -> u64 {
    u64::MAX
}

/// `alloc`; 0 if there is no memory.
pub fn allocate(size: usize) -> usize {
    match Layout::from_size_align(size.max(1), 8) {
        // SAFETY: the size is not 0.
        Ok(layout) => unsafe { alloc::alloc::alloc(layout) as usize },
        Err(_) => 0,
    }
}

/// `dealloc`.
///
/// # Safety
/// `address` is what `allocate` gave for that size, and was not given back.
pub unsafe fn deallocate(address: usize, size: usize) {
    if let Ok(layout) = Layout::from_size_align(size.max(1), 8) {
        // SAFETY: as said above.
        unsafe { alloc::alloc::dealloc(address as *mut u8, layout) }
    }
}

/// A text that stays, as the host is told where it is.
pub fn pack(text: &str) -> i64 {
    if text.is_empty() {
        return 0;
    }
    (((text.as_ptr() as u64) << 32) | text.len() as u64) as i64
}

/// What `poll` answers; it stays until the next.
pub fn keep_events(events: Events) -> i64 {
    struct Kept(UnsafeCell<String>);
    // SAFETY: a guest has one thread.
    unsafe impl Sync for Kept {}
    static KEPT: Kept = Kept(UnsafeCell::new(String::new()));
    // SAFETY: nobody holds on to it: the host has read it before it calls again.
    let kept = unsafe { &mut *KEPT.0.get() };
    *kept = events.dump();
    pack(kept)
}

/// Exports what the host calls; once in a plugin. `declare` is `fn(&mut Plugin)`, and `poll`, of a
/// plugin that declares itself a trigger, `fn() -> Events`.
#[macro_export]
macro_rules! plugin {
    ($declare:path) => {
        // Called once, before all else. Without it the linker has each export do this anew.
        #[cfg(target_arch = "wasm32")]
        #[no_mangle]
        pub extern "C" fn _initialize() {
            extern "C" {
                fn __wasm_call_ctors();
            }
            // SAFETY: it is the linker's, for this.
            unsafe { __wasm_call_ctors() }
        }
        #[cfg_attr(target_arch = "wasm32", no_mangle)]
        pub extern "C" fn init() -> i64 {
            let mut plugin = $crate::abi::Plugin::new(None);
            $declare(&mut plugin);
            // Two of them at most are asked for.
            $crate::abi::pack($crate::abi::Box::leak(plugin.metadata().into_boxed_str()))
        }
        #[cfg_attr(target_arch = "wasm32", no_mangle)]
        pub extern "C" fn alloc(size: usize) -> usize {
            $crate::abi::allocate(size)
        }
        /// # Safety
        /// The host gives back what it got from `alloc`.
        #[cfg_attr(target_arch = "wasm32", no_mangle)]
        pub unsafe extern "C" fn dealloc(address: usize, size: usize) {
            unsafe { $crate::abi::deallocate(address, size) }
        }
        #[cfg_attr(target_arch = "wasm32", no_mangle)]
        pub extern "C" fn execute(address: usize, length: usize) -> i32 {
            $crate::abi::execute($declare, address, length)
        }
    };
    ($declare:path, $poll:path) => {
        $crate::plugin!($declare);
        #[cfg_attr(target_arch = "wasm32", no_mangle)]
        pub extern "C" fn poll() -> i64 {
            $crate::abi::keep_events($poll())
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    crate::params! {
        struct Turn {
            to: u8,
        }
    }
    fn turn(params: Turn, call: &Call) -> Status {
        if params.to > 100 {
            return Err(Error::with_code(7, call.action.as_str()));
        }
        Ok(())
    }
    fn declare(plugin: &mut Plugin) {
        plugin.name("knob").version("1.0.0").settings::<Turn>();
        plugin.setting("to", Json::object().with("maximum", 9));
        plugin.needs("audio:volume", &["a"], "to turn").session();
        plugin.action("turn", turn).label("Turn").param("to", Json::object().with("maximum", 100));
        plugin.action("rest", |_: NoParams, _| Ok(()));
    }
    fn call(request: &str) -> i32 {
        execute(declare, request.as_ptr() as usize, request.len())
    }

    #[test]
    fn metadata_is_what_was_declared() {
        let mut plugin = Plugin::new(None);
        declare(&mut plugin);
        let json = Json::parse(&plugin.metadata()).unwrap();
        let text = |json: &Json| json.dump();
        assert_eq!(json.get("lifetime").as_str(), Some("session"));
        assert_eq!(text(json.get("settings").get("properties").get("to").get("maximum")), "9");
        let needs = r#"[{"kind":"audio","reason":"to turn","allow":["volume","a"]}]"#;
        assert_eq!(text(json.get("capabilities")), needs);
        let actions = json.get("actions").items();
        assert_eq!(actions.len(), 2);
        assert_eq!(actions[0].get("label").as_str(), Some("Turn"));
        let to = r#"{"type":"integer","minimum":0,"maximum":100}"#;
        assert_eq!(text(actions[0].get("params").get("properties").get("to")), to);
    }

    #[test]
    #[should_panic(expected = "there is no param or setting \"two\"")]
    fn a_param_that_is_none_cannot_be_described() {
        Plugin::new(None).action("turn", turn).param("two", Json::object());
    }

    #[test]
    fn a_call_finds_its_action_or_says_what_is_wrong() {
        assert_eq!(call(r#"{"action":"turn","params":{"to":5}}"#), 0);
        assert_eq!(call(r#"{"action":"rest"}"#), 0);
        assert_eq!(call(r#"{"action":"turn","params":{"to":101}}"#), 7);
        assert_eq!(call(r#"{"action":"turn","params":{"to":-1}}"#), BAD_JSON);
        assert_eq!(call(r#"{"action":"turn","params":7}"#), BAD_JSON);
        assert_eq!(call(r#"{"action":"turn"}"#), BAD_JSON);
        assert_eq!(call(r#"{"action":"none"}"#), 3);
        assert_eq!(call(r#"{"action":7}"#), BAD_JSON);
        assert_eq!(call("{"), BAD_JSON);
        let odd = [b'"', 0xFF, b'"'];
        assert_eq!(execute(declare, odd.as_ptr() as usize, odd.len()), BAD_MEMORY);
        assert_eq!(Error::with_code(1, "a").code, 3);
    }

    #[test]
    fn events_are_told_as_they_are_or_not_at_all() {
        assert_eq!(Events::new().dump(), "");
        let events = Events::new().event("press C2 100").next(5).dump();
        assert_eq!(events, r#"{"events":["press C2 100"],"next_ms":5}"#.to_string());
    }
}
