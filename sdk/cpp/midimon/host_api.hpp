// The host's functions as C declares them, without the exports that plugin.hpp has of its own.
#pragma once

#ifndef MIDIMON_HOST_ONLY
#define MIDIMON_HOST_ONLY
#endif
#include "midimon.h"
