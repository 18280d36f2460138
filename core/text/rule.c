/* SPDX-License-Identifier: MIT */
/* rule.c - words in a row that mean something together: a language's rules, held against tokens. */
#include "base/str.h"
#include "text/analyst.h"

/* Between the words of a rule for times there is one space; a date may be punctuated. */
static bool near_enough(mn_str text, const mn_token *a, const mn_token *b, int gap)
{
	size_t n = b->from - a->to;

	if (gap == MN_GAP_SPACE)
		return n == 1 && text.ptr[a->to] == ' ';
	if (gap == MN_GAP_ISO)
		return n == 1 && (text.ptr[a->to] == '-' || text.ptr[a->to] == '/');
	if (n < 1 || n > 3)
		return false;
	for (size_t i = a->to; i < b->from; i++)
		if (!memchr(" ,.-/", text.ptr[i], 5))
			return false;
	return true;
}

size_t mn_rule_holds(const mn_analyst *a, const mn_rule *rule, mn_str text, size_t i, int gap)
{
	size_t n = 0;

	for (; n < MN_RULE_WORDS && rule->word[n]; n++) {
		if (i + n >= a->ntokens || !(a->tokens[i + n].classes & rule->word[n]))
			return 0;
		if (n && !near_enough(text, &a->tokens[i + n - 1], &a->tokens[i + n], gap))
			return 0;
	}
	return n;
}

bool mn_token_alone(mn_str text, const mn_token *first, const mn_token *last)
{
	return (!first || first->from == 0 || text.ptr[first->from - 1] != '_')
	       && (!last || last->to == text.len || text.ptr[last->to] != '_');
}

/* Where in a rule to begin: its last word that is not just any. */
static size_t anchor_of(const mn_rule *rule)
{
	size_t at = 0;

	for (size_t k = 0; k < MN_RULE_WORDS && rule->word[k]; k++)
		if (rule->word[k] != MN_CLASS_ANY)
			at = k;
	return at;
}

/* Does the rule hold with its anchor at token i? As a pattern \b(...)\b would: an underscore is
 * part of a word, and "any" takes such a word whole. */
static bool holds_around(const mn_analyst *a, const mn_rule *rule, mn_str text, size_t i)
{
	size_t anchor = anchor_of(rule), n;
	const mn_token *first, *last;

	if (anchor > i || !(a->tokens[i].classes & rule->word[anchor]))
		return false;
	n = mn_rule_holds(a, rule, text, i - anchor, MN_GAP_SPACE);
	if (!n)
		return false;
	first = rule->word[0] == MN_CLASS_ANY ? NULL : &a->tokens[i - anchor];
	last = rule->word[n - 1] == MN_CLASS_ANY ? NULL : &a->tokens[i - anchor + n - 1];
	return mn_token_alone(text, first, last);
}

uint32_t mn_rule_classes(const mn_language *l)
{
	uint32_t classes = 0;

	for (size_t i = 0; i < l->ntimes; i++)
		classes |= l->times[i].word[anchor_of(&l->times[i])];
	return classes;
}

bool mn_rule_times(const mn_analyst *a, mn_str text)
{
	const mn_language *l = a->language;

	for (size_t i = 0; i < a->ntokens; i++) {
		if (!(a->tokens[i].classes & a->time_classes))
			continue;
		for (size_t k = 0; k < l->ntimes; k++)
			if (holds_around(a, &l->times[k], text, i))
				return true;
	}
	return false;
}
