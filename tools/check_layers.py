#!/usr/bin/env python3
"""Holds every #include in src/ to the layers: a folder may include itself, the folders that its
line in CMakeLists.txt names, and the third-party libraries that it owns.

    tools/check_layers.py [ROOT]      exit 0 when all is well, 1 with a line for each breach
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)

# Which folders may include a third-party library, by the start of the include.
OWNERS = {
    "wasmtime": {"wasm"},
    "toml++/": {"toml"},
    "CLI/": {"cli"},
    "nlohmann/": {"audit", "base", "cli", "daemon", "desktop", "hostapi", "ipc", "login", "mapping",
                  "plugins", "registry"},
    "sodium": {"trust", "audit", "wasm"},
    "archive.h": {"data", "package"},
    "archive_entry.h": {"data", "package"},
    "rtmidi/": {"ports"},
    "jack/": {"ports"},
    "curl/": {"net"},
    "re2/": {"plugins"},
    "xcb/": {"desktop"},
    "X11/": {"desktop"},
    "xkbcommon/": {"desktop"},
    "wayland-": {"desktop"},
    "pulse/": {"desktop"},
    "glib": {"desktop"},
    "libsecret/": {"secrets"},
    "systemd/": {"desktop"},
    "linux/uinput.h": {"desktop"},
    "linux/input": {"desktop"},
}
# Nobody includes these but themselves.
TOPS = {
    "cli": {"audit", "daemon", "data", "desktop", "grants", "ipc", "login", "net", "package",
            "plugins", "ports", "registry", "secrets", "store", "trust"},
    "daemon": set(),
}


def layers():
    """Folder -> folders it may include, from the midimon_library lines; transitive."""
    text = (ROOT / "CMakeLists.txt").read_text()
    direct = {}
    for call in re.finditer(r"midimon_library\((\w+)\s+DEPS\s+([^)]*)\)", text):
        words = call.group(2).split("PRIVATE_DEPS")[0].split()
        direct[call.group(1)] = {word for word in words if (ROOT / "src" / word).is_dir()}
    direct["cli"] = TOPS["cli"]

    def closure(folder, seen):
        for dep in direct.get(folder, ()):
            if dep not in seen:
                seen.add(dep)
                closure(dep, seen)
        return seen

    return {folder: closure(folder, {folder}) for folder in direct}


def main():
    allowed = layers()
    folders = {path.name for path in (ROOT / "src").iterdir() if path.is_dir()}
    breaches = [f"src/{name}: no midimon_library line in CMakeLists.txt names this folder"
                for name in sorted(folders - allowed.keys())]
    files = sorted(path for path in (ROOT / "src").rglob("*") if path.suffix in {".h", ".cc"})
    for path in files:
        folder = path.relative_to(ROOT / "src").parts[0]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = re.match(r'\s*#\s*include\s+["<]([^">]+)[">]', line)
            if not found:
                continue
            target = found.group(1)
            where = f"{path.relative_to(ROOT)}:{number}"
            top = target.split("/")[0]
            if top in folders and top not in allowed.get(folder, set()):
                breaches.append(f"{where}: {folder} may not include {target}; it may include "
                                f"{', '.join(sorted(allowed.get(folder, set())))}")
            for start, owners in OWNERS.items():
                if target.startswith(start) and folder not in owners:
                    breaches.append(f"{where}: {target} belongs to {', '.join(sorted(owners))}")
    for path in sorted((ROOT / "include").rglob("*.h")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if found and not found.group(1).startswith("midimon/"):
                breaches.append(f"{path.relative_to(ROOT)}:{number}: an installed header may "
                                f"include only midimon/ and the standard library")
    print("\n".join(breaches) if breaches else f"{len(files)} files keep to the layers")
    return 1 if breaches or not files else 0


if __name__ == "__main__":
    sys.exit(main())
