/* SPDX-License-Identifier: MIT */
#include "workbench.h"

#include "signals.h"
#include "tui/tui.h"

int mn_app_workbench(mn_app *app)
{
	mn_tui_options o = MN_SIZED(mn_tui_options);
	mn_error err = MN_SIZED(mn_error);

	if (mn_app_engine(app, &err))
		return mn_app_fail(app, &err);
	o.engine = app->engine;
	o.url = app->set.store;
	o.usual = app->set.brain;
	if (mn_args_has(&app->args, "--brain"))
		o.brain = app->set.brain;
	o.read_only = app->read_only || (app->set.profile && app->set.profile->read_only);
	o.profiles = app->set.profiles;
	o.nprofiles = app->set.nprofiles;
	o.color = app->out.color;
	o.ascii = mn_args_has(&app->args, "--ascii");
	o.stop_fd = mn_signals_fd();
	o.stop_signal = mn_signals_seen;
	return mn_tui_main(&o);
}
