/* SPDX-License-Identifier: MIT */
/*
 * english.c - English, as measured: the stop words, irregular forms and patterns with which the
 * recipe for recall was tuned on three retrieval sets. Change them with figures in hand.
 */
#include "text/language.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* clang-format off */
static const char *const stops[] = {
	"a", "about", "above", "after", "again", "all", "also", "am", "an", "and", "any", "are",
	"as", "at", "be", "because", "been", "before", "being", "below", "between", "both", "but",
	"by", "can", "could", "did", "do", "does", "doing", "don", "down", "during", "each", "few",
	"for", "from", "further", "had", "has", "have", "having", "he", "her", "here", "hers",
	"herself", "him", "himself", "his", "how", "i", "if", "in", "into", "is", "isn", "it",
	"its", "itself", "just", "let", "ll", "me", "more", "most", "my", "myself", "no", "nor",
	"not", "now", "of", "off", "on", "once", "only", "or", "other", "our", "ours", "ourselves",
	"out", "over", "own", "re", "s", "same", "she", "should", "so", "some", "such", "t", "than",
	"that", "the", "their", "theirs", "them", "themselves", "then", "there", "these", "they",
	"this", "those", "through", "to", "too", "under", "until", "up", "ve", "very", "was", "we",
	"were", "weren", "what", "when", "where", "which", "while", "who", "whom", "whose", "why",
	"will", "with", "would", "you", "your", "yours", "yourself",
};

static const mn_irregular irregular[] = {
	{"ate", "eat"}, {"became", "become"}, {"began", "begin"}, {"begun", "begin"},
	{"best", "good"}, {"better", "good"}, {"bit", "bite"}, {"bitten", "bite"}, {"blew", "blow"},
	{"blown", "blow"}, {"bought", "buy"}, {"bred", "breed"}, {"broke", "break"},
	{"broken", "break"}, {"brought", "bring"}, {"built", "build"}, {"came", "come"},
	{"caught", "catch"}, {"children", "child"}, {"chose", "choose"}, {"chosen", "choose"},
	{"dealt", "deal"}, {"drank", "drink"}, {"drawn", "draw"}, {"drew", "draw"},
	{"driven", "drive"}, {"drove", "drive"}, {"drunk", "drink"}, {"dug", "dig"},
	{"eaten", "eat"}, {"fallen", "fall"}, {"fed", "feed"}, {"feet", "foot"}, {"fell", "fall"},
	{"felt", "feel"}, {"flew", "fly"}, {"flown", "fly"}, {"forgot", "forget"},
	{"forgotten", "forget"}, {"fought", "fight"}, {"found", "find"}, {"froze", "freeze"},
	{"frozen", "freeze"}, {"gave", "give"}, {"geese", "goose"}, {"given", "give"},
	{"goes", "go"}, {"gone", "go"}, {"got", "get"}, {"gotten", "get"}, {"grew", "grow"},
	{"grown", "grow"}, {"heard", "hear"}, {"held", "hold"}, {"hid", "hide"}, {"hidden", "hide"},
	{"hung", "hang"}, {"hurt", "hurt"}, {"kept", "keep"}, {"knew", "know"}, {"knives", "knife"},
	{"known", "know"}, {"laid", "lay"}, {"leaves", "leaf"}, {"led", "lead"}, {"left", "leave"},
	{"lent", "lend"}, {"lit", "light"}, {"lives", "life"}, {"lost", "lose"}, {"made", "make"},
	{"meant", "mean"}, {"men", "man"}, {"met", "meet"}, {"mice", "mouse"}, {"paid", "pay"},
	{"people", "person"}, {"ran", "run"}, {"rang", "ring"}, {"ridden", "ride"},
	{"risen", "rise"}, {"rode", "ride"}, {"rose", "rise"}, {"rung", "ring"}, {"said", "say"},
	{"sang", "sing"}, {"sank", "sink"}, {"sat", "sit"}, {"saw", "see"}, {"seen", "see"},
	{"sent", "send"}, {"shaken", "shake"}, {"shelves", "shelf"}, {"shook", "shake"},
	{"shot", "shoot"}, {"showed", "show"}, {"shown", "show"}, {"slept", "sleep"},
	{"slid", "slide"}, {"sold", "sell"}, {"sought", "seek"}, {"spent", "spend"},
	{"spoke", "speak"}, {"spoken", "speak"}, {"spread", "spread"}, {"spun", "spin"},
	{"stole", "steal"}, {"stolen", "steal"}, {"stood", "stand"}, {"struck", "strike"},
	{"stuck", "stick"}, {"sung", "sing"}, {"sunk", "sink"}, {"swam", "swim"},
	{"swore", "swear"}, {"sworn", "swear"}, {"swum", "swim"}, {"taken", "take"},
	{"taught", "teach"}, {"teeth", "tooth"}, {"thought", "think"}, {"threw", "throw"},
	{"thrown", "throw"}, {"told", "tell"}, {"took", "take"}, {"tore", "tear"}, {"torn", "tear"},
	{"understood", "understand"}, {"went", "go"}, {"wives", "wife"}, {"woke", "wake"},
	{"woken", "wake"}, {"wolves", "wolf"}, {"women", "woman"}, {"won", "win"}, {"wore", "wear"},
	{"worn", "wear"}, {"worse", "bad"}, {"worst", "bad"}, {"wound", "wind"},
	{"written", "write"}, {"wrote", "write"},
};
/* clang-format on */

/* Short names of the classes, for the tables below only. */
enum {
	AGO = MN_CLASS_AGO,
	ANY = MN_CLASS_ANY,
	COUPLE = MN_CLASS_COUPLE,
	DAY = MN_CLASS_DAY,
	DIGITS = MN_CLASS_DIGITS,
	FEW = MN_CLASS_FEW,
	FOR = MN_CLASS_FOR,
	FOUR = MN_CLASS_FOUR,
	IN = MN_CLASS_IN,
	LAST = MN_CLASS_LAST,
	MONTH = MN_CLASS_MONTH,
	MONTH_MARK = MN_CLASS_MONTH_MARK,
	MONTH_TOO = MN_CLASS_MONTH_TOO,
	NEAR = MN_CLASS_NEAR,
	NEXT = MN_CLASS_NEXT,
	NIGHT = MN_CLASS_NIGHT,
	NUMBER = MN_CLASS_NUMBER,
	OF = MN_CLASS_OF,
	PERIOD = MN_CLASS_PERIOD,
	SELF = MN_CLASS_SELF,
	SINCE = MN_CLASS_SINCE,
	THE = MN_CLASS_THE,
	THIS = MN_CLASS_THIS,
	TO_MONTH = MN_CLASS_TO_MONTH,
	TWO = MN_CLASS_TWO,
	UNIT = MN_CLASS_UNIT,
	WEEKDAY = MN_CLASS_WEEKDAY,
	WEEKEND = MN_CLASS_WEEKEND,
	YEAR = MN_CLASS_YEAR,
	YEARS = MN_CLASS_YEARS,
};

/* clang-format off */
static const mn_lexeme lexicon[] = {
	{"a", NUMBER, 1}, {"ago", AGO, 0}, {"an", NUMBER, 1}, {"apr", MONTH, 4},
	{"april", MONTH | MONTH_MARK, 4}, {"aug", MONTH, 8}, {"august", MONTH | MONTH_MARK, 8},
	{"couple", COUPLE, 2}, {"day", UNIT, MN_UNIT_DAY}, {"days", UNIT, MN_UNIT_DAY},
	{"dec", MONTH_TOO, 12}, {"december", MONTH | MONTH_MARK, 12}, {"early", TO_MONTH, 0},
	{"eight", NUMBER, 8}, {"eleven", NUMBER, 11}, {"feb", MONTH, 2},
	{"february", MONTH | MONTH_MARK, 2}, {"few", FEW | NUMBER, 3}, {"five", NUMBER, 5},
	{"for", FOR, 0}, {"four", NUMBER, 4}, {"friday", WEEKDAY, 4}, {"i", SELF, 0},
	{"in", IN | TO_MONTH, 0}, {"jan", MONTH_TOO, 1}, {"january", MONTH | MONTH_MARK, 1},
	{"jul", MONTH, 7}, {"july", MONTH | MONTH_MARK, 7}, {"jun", MONTH_TOO, 6},
	{"june", MONTH | MONTH_MARK, 6}, {"last", LAST, 0}, {"late", TO_MONTH, 0},
	{"mar", MONTH_TOO, 3}, {"march", MONTH, 3}, {"may", MONTH_TOO, 5}, {"me", SELF, 0},
	{"mid", TO_MONTH, 0}, {"monday", WEEKDAY, 0}, {"month", UNIT | PERIOD, MN_UNIT_MONTH},
	{"months", UNIT, MN_UNIT_MONTH}, {"morning", PERIOD, 0}, {"my", SELF, 0}, {"next", NEXT, 0},
	{"night", NIGHT, 0}, {"nine", NUMBER, 9}, {"nov", MONTH, 11},
	{"november", MONTH | MONTH_MARK, 11}, {"oct", MONTH, 10},
	{"october", MONTH | MONTH_MARK, 10}, {"of", OF | TO_MONTH, 0}, {"on", TO_MONTH, 0},
	{"one", NUMBER, 1}, {"our", SELF, 0}, {"saturday", WEEKDAY, 5}, {"sep", MONTH_TOO, 9},
	{"sept", MONTH, 9}, {"september", MONTH | MONTH_MARK, 9}, {"seven", NUMBER, 7},
	{"since", SINCE, 0}, {"six", NUMBER, 6}, {"sunday", WEEKDAY, 6}, {"ten", NUMBER, 10},
	{"the", THE, 0}, {"this", THIS, 0}, {"three", FEW | NUMBER, 3}, {"thursday", WEEKDAY, 3},
	{"today", NEAR, 0}, {"tomorrow", NEAR, 1}, {"tonight", NEAR, 0}, {"tuesday", WEEKDAY, 1},
	{"twelve", NUMBER, 12}, {"two", FEW | NUMBER, 2}, {"we", SELF, 0},
	{"wednesday", WEEKDAY, 2}, {"week", UNIT | PERIOD, MN_UNIT_WEEK},
	{"weekend", WEEKEND | PERIOD, MN_UNIT_WEEKEND}, {"weeks", UNIT, MN_UNIT_WEEK},
	{"year", UNIT | PERIOD, MN_UNIT_YEAR}, {"years", UNIT | YEARS, MN_UNIT_YEAR},
	{"yesterday", NEAR, -1},
};
/* clang-format on */

static const char *const selves[] = {"I", "my", "we", "our", "me", NULL};

static const char *const joins[] = {"of", "the", "and", "de", "van", "von", "la", "le", "du", "del",
	"der", "den", "bin", "ibn", "al", "in", "for", NULL};

static const char *const asks_when[] = {"when", "what date", "what day", "what month", "what year",
	"what time", "how long", "in which", "which year", "which month", NULL};

static const char *const ordinals[] = {"st", "nd", "rd", "th", NULL};

static const char *const possessives[] = {"'s", "\u2019s", NULL};

static const mn_rule times[] = {
	{{NEAR}, MN_DATE_NONE},
	{{LAST}, MN_DATE_NONE},
	{{FOUR}, MN_DATE_NONE},
	{{WEEKDAY}, MN_DATE_NONE},
	{{MONTH_MARK}, MN_DATE_NONE},
	{{NEXT, ANY}, MN_DATE_NONE},
	{{THIS, PERIOD}, MN_DATE_NONE},
	{{SINCE, DIGITS}, MN_DATE_NONE},
	{{ANY, UNIT, AGO}, MN_DATE_NONE},
	{{FEW, ANY, AGO}, MN_DATE_NONE},
	{{FOR, ANY, YEARS}, MN_DATE_NONE},
	{{COUPLE, OF, ANY, AGO}, MN_DATE_NONE},
};

#define SOME_MONTH (MONTH | MONTH_TOO)
#define SOME_SPAN (UNIT | WEEKEND | WEEKDAY)

static const mn_rule dates[] = {
	{{YEAR, TWO, DAY}, MN_DATE_ISO},
	{{YEAR, TWO}, MN_DATE_ISO},
	{{DAY, OF, SOME_MONTH, OF, YEAR}, MN_DATE_CALENDAR},
	{{DAY, OF, SOME_MONTH, YEAR}, MN_DATE_CALENDAR},
	{{DAY, OF, SOME_MONTH}, MN_DATE_CALENDAR},
	{{DAY, SOME_MONTH, YEAR}, MN_DATE_CALENDAR},
	{{DAY, SOME_MONTH}, MN_DATE_CALENDAR},
	{{SOME_MONTH, THE, DAY, YEAR}, MN_DATE_CALENDAR},
	{{SOME_MONTH, THE, DAY}, MN_DATE_CALENDAR},
	{{SOME_MONTH, DAY, YEAR}, MN_DATE_CALENDAR},
	{{SOME_MONTH, DAY}, MN_DATE_CALENDAR},
	{{SOME_MONTH, OF, YEAR}, MN_DATE_CALENDAR},
	{{SOME_MONTH, YEAR}, MN_DATE_CALENDAR},
	{{TO_MONTH, MONTH_TOO, THE, DAY, YEAR}, MN_DATE_CALENDAR},
	{{TO_MONTH, MONTH_TOO, THE, DAY}, MN_DATE_CALENDAR},
	{{TO_MONTH, MONTH_TOO, DAY, YEAR}, MN_DATE_CALENDAR},
	{{TO_MONTH, MONTH_TOO, DAY}, MN_DATE_CALENDAR},
	{{TO_MONTH, MONTH_TOO, OF, YEAR}, MN_DATE_CALENDAR},
	{{TO_MONTH, MONTH_TOO, YEAR}, MN_DATE_CALENDAR},
	{{TO_MONTH, MONTH_TOO}, MN_DATE_CALENDAR},
	{{MONTH}, MN_DATE_CALENDAR},
	{{YEAR}, MN_DATE_CALENDAR},
	{{NEAR}, MN_DATE_NEAR},
	{{COUPLE, OF, UNIT, AGO}, MN_DATE_AGO},
	{{COUPLE, UNIT, AGO}, MN_DATE_AGO},
	{{NUMBER, UNIT, AGO}, MN_DATE_AGO},
	{{IN, NUMBER, UNIT}, MN_DATE_AHEAD},
	{{LAST, NIGHT}, MN_DATE_NIGHT},
	{{LAST, SOME_SPAN}, MN_DATE_LAST},
	{{THIS, SOME_SPAN}, MN_DATE_THIS},
	{{NEXT, SOME_SPAN}, MN_DATE_NEXT},
};

/* After NeuralMemory's intents: reasons and feelings 3, habits 2, course of events 1. */
static const mn_lexeme cues[] = {
	{"after", 0, 1},
	{"always", 0, 2},
	{"because", 0, 3},
	{"before", 0, 1},
	{"better", 0, 1},
	{"cause", 0, 3},
	{"compare", 0, 1},
	{"compared", 0, 1},
	{"difference", 0, 1},
	{"differences", 0, 1},
	{"emotion", 0, 3},
	{"emotions", 0, 3},
	{"feel", 0, 3},
	{"feeling", 0, 3},
	{"feelings", 0, 3},
	{"felt", 0, 3},
	{"habit", 0, 2},
	{"how", 0, 1},
	{"often", 0, 2},
	{"pattern", 0, 2},
	{"patterns", 0, 2},
	{"reason", 0, 3},
	{"reasons", 0, 3},
	{"then", 0, 1},
	{"typically", 0, 2},
	{"usually", 0, 2},
	{"versus", 0, 1},
	{"vs", 0, 1},
	{"why", 0, 3},
	{"worse", 0, 1},
};

const mn_language mn_english = {
	.name = "english",
	.stemmer = "porter",
	.stops = stops,
	.nstops = COUNT(stops),
	.lexicon = lexicon,
	.nlexicon = COUNT(lexicon),
	.irregular = irregular,
	.nirregular = COUNT(irregular),
	.selves = selves,
	.joins = joins,
	.asks_when = asks_when,
	.ordinals = ordinals,
	.possessives = possessives,
	.cues = cues,
	.ncues = COUNT(cues),
	.caption = "[shared",
	.times = times,
	.ntimes = COUNT(times),
	.dates = dates,
	.ndates = COUNT(dates),
};
