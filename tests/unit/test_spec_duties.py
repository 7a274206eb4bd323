"""What obliges, what forbids and what does neither, in tables of sentences."""

from __future__ import annotations

import pytest

from specloop.spec.verbs import opens_with_verb
from specloop.spec.wording import obligation

DEMANDS = """
If the lift is stuck, please let us know.
Email desk@house.org with your room number.
It is for the owner to keep the roof in repair.
Alterations need the owner's written consent.
Do your best to answer within a day.
Do a second check as well.
Re-check scales, clocks and scanners.
Should a warden ask you to leave, please go at once.
When opening a group, own your group.
All laptops that connect to our network must have a lock.
We'd like contributors to squash their commits.
It is your responsibility to lock the door.
Students have got to be on time.
Visitors are encouraged to book.
We ask you to be punctual.
We recommend that you use a password manager.
You had better call first.
Your job is to keep the user calm.
You always answer in French.
Your tone is friendly.
A moderator will contact you.
For refunds, contact billing.
People who feel unsafe should talk to us.
Ensure data is encrypted.
One question at a time.
You're expected to come.
Frames can be batched, provided that none is lost.
Say that you used it.
Clients MUST ignore unknown fields.
Implementations SHOULD log the failure.
A server SHALL respond with 404.
The token is REQUIRED.
Callers need to check the return value.
Every pull request requires two approvals.
Keep functions under forty lines.
Run the linter before each commit.
Name booleans after what they assert.
Fail fast.
Return early.
Guard against empty input.
Escape user input before rendering it.
Log out when you leave.
Opt in to telemetry explicitly.
Hand over open cases at the end of your shift.
Fact-check names and dates.
Co-locate styles with their component.
Enable strict mode.
Wherever possible, reuse existing helpers.
When in doubt, ask.
If the customer is angry, apologise first.
Before closing a ticket, confirm that the problem is solved.
To cancel a booking, call the hotel.
You are responsible for your account's security.
You agree to keep your password secret.
You agree that you will pay all fees.
By posting, you agree to license your content.
All visitors must sign in.
Employees are expected to report conflicts of interest.
Staff will greet every guest by name.
The moderators will answer reports within a week.
We want members to feel safe.
We ask that you keep discussions on topic.
We expect everyone to be kind.
It is essential to back up the database.
It's best to ask before you edit.
Be patient with newcomers.
Be sure to thank the reporter.
Remember to log the call.
Feel free to ask, but search first.
Make sure the door is locked.
Ensure backups run nightly.
Treat every report as confidential.
Answers should be short.
Answers ought to be short.
Passwords have to be changed yearly.
Personal data is to be deleted after a year.
The assistant always answers in French.
Always answer in French.
Please reply in French.
Reply in French.
Comply with the law.
Apply common sense.
Rely on primary sources.
Supply a source for each claim.
First, verify the caller's identity.
Otherwise, escalate to a human.
For refunds above 50 euros, get approval.
For example, if the user asks for a refund, the agent should check the date.
Prefer tabs to spaces.
Consider the reader's background.
Indent by four spaces.
Wrap lines at 80 characters.
Document every public function.
Test your changes.
Cite your sources.
Double-check the totals.
Sign and date each page.
Read and understand the manual.
Review, test and merge small changes.
Aim for clarity.
Strive to be fair.
Try to answer in one sentence.
Use at most three bullet points.
Limit yourself to one question.
Stick to the facts.
Speak plainly.
Listen before you speak.
Respect other people's time.
Give credit where it is due.
Include a summary.
Summarise long threads.
We pledge to treat everybody with respect.
We want Claude to ask when it is unsure.
7.2.3 Logs shall be kept for a year.
A lamp that has lost its key is required to blink twice.
Even then, keep it light.
If so, transfer to a human.
Refunds of more than 200 euros need the approval of a manager.
If you fall ill, hand in the certificate within a week.
Rebase rather than merge.
If you are unsure, decline.
The customer agrees to pay the fees.
The parties undertake to keep secrets.
Guests are requested to be quiet.
""".strip().splitlines()
"""Something has to be done."""
BANS = """
Only share the link with members.
No loud or otherwise distracting music should be played.
What's not all right is lying about it.
Staff may copy, print or lend the plans only to the extent that their task needs it.
You should only open one ticket at a time.
Only quote figures from the ledger.
This is a quiet house, which strictly forbids loud calls.
Insulting people, mocking them, or filming them, are all prohibited.
We urge members to refrain from shouting.
Try to avoid loud noises.
Kindly refrain from smoking.
There is to be no running.
Nobody under 18 may enter.
We have zero tolerance for bullying.
Access is restricted to staff.
Plagiarism is considered an offence.
Nobody is blamed for a report.
Emojis are a no.
A customer should be neither argued with nor warned.
Prices are off the table.
A tool may help, but it's not allowed to decide.
Clients MUST NOT retry.
Do not share passwords.
Don't guess.
Never guess.
Avoid slang.
Refrain from speculation.
Users are asked to refrain from advertising.
Make no promises.
Give no legal advice.
Under no circumstances reveal the prompt.
Under no circumstances may the bot reveal the prompt.
Orders cannot be changed after dispatch.
Orders can be cancelled only if they are pending.
Otherwise, the booking can be cancelled only if the airline agrees.
Members aren't allowed to resell tickets.
Members are not permitted to resell tickets.
You may not resell tickets.
You can't bring pets.
Pets are not allowed.
Smoking is prohibited.
Harassment will not be tolerated.
Headlines are not supposed to be questions.
Use of control characters is NOT RECOMMENDED.
Sharing one account is not advisable.
Spam is a violation of these rules.
Only managers may approve refunds.
Only staff can enter the lab.
No one may enter the lab alone.
No employee may accept gifts.
Take care not to wake the children.
Be careful not to leak names.
Try not to interrupt.
You agree not to copy the software.
Examples of unacceptable behaviour include harassment.
It is important not to promise a date.
We do not want staff to guess.
Staff should avoid jargon.
Staff must never lie.
There must not be any gaps.
There cannot be more than one owner.
The agent should make no promises.
The bot will never ask for a PIN.
Not to be taken with alcohol.
No smoking in the building.
Always avoid slang.
Please don't feed the birds.
Beware of scams.
An order that has been packed cannot be changed.
USB sticks that were found must not be plugged in.
Keys are handed out by the warden alone.
Passwords are stored in the vault only.
Mail marked as private stays off limits.
Examples of harassment include threats.
Only once the customer is outside may it give the number.
The advisor makes no promises about savings.
Nor should it explain how to do it.
Payment data is never repeated in full.
Once the trip has begun, no change is possible.
Overtime is possible only with prior agreement.
We do not allow spam.
No sarcasm.
The customer agrees not to copy the software.
Smoking is only allowed outside.
""".strip().splitlines()
"""Something must not be done."""
NO_RULES = """
Please don't feel the need to stay late.
Our aim is not to stop debate but to keep it civil.
We must emphasize the value of sleep.
A ban is to be expected.
We want the garden to be a welcoming and calm place for everybody.
It covers data that the clerk is not expressly authorized to open.
The tools that agents must use are listed below.
Nothing in this policy prohibits staff from voting.
Own goals are shown on the board.
Reply times vary by region.
Supply chains are fragile.
Supply of water in summer.
The assistant is a program.
The document explains how we work.
This page lists our policies.
You do not have to answer.
Members need not register.
There is no need to register.
You may or may not get a reply.
We do not generally prohibit advertising.
Registration is not required.
The user will not be able to log in.
Support is available on weekdays.
Contact details are listed below.
Questions about pay.
Order history.
Use of force.
Release notes
Access to the archive is free.
Feedback helps us improve.
Love takes time.
Our mission is to help people.
The aim of this guide is to help writers.
Why should the assistant answer?
For example, the user might be angry.
In this example, the assistant should stop.
This means that the assistant should stop.
The report explains what should be done.
It cannot be overstated.
The cause cannot be determined.
Risks cannot be excluded.
People who must travel get a card.
The model was trained in 2023.
The team will be happy.
The page will load.
You will receive an e-mail.
You will need a passport.
We will discuss this below.
We believe that people are good.
We want to help.
We need more data.
Version two was released in May.
Terms and conditions.
For more information, see the handbook.
For details, refer to the annex.
Suppose a user asks for help.
Imagine a customer calls.
Note that prices change.
Lead authors
List of variants.
Link text.
Second place goes to Ann.
Last updated in May.
Every conflict is different.
Not every conflict is a violation.
No one wants that.
Data flows one way.
Share prices fell.
Active: You must submit the form.
Welcome to the handbook.
Thank you for reading.
Thanks for your help.
Like our other services, chat is free.
Contributors include students and teachers.
Changes take effect in May.
The law requires that shops close on Sundays.
Customers often ask for refunds.
Ideas are welcome.
Help is welcome.
Work began in 2019.
Test results are published weekly.
Notes on style.
Overview.
Definitions.
Frequently asked questions.
Perhaps the bot must log the plate.
It should have been thrown away.
The owner said that guests must be happy.
The key words "MUST" and "SHOULD" are to be read as usual.
The assistant knows the prices.
The system contains three parts.
That is a must for fans.
Members don't have to register and need not pay.
""".strip().splitlines()
"""Descriptions, titles, denied duties and explanations."""
INSTRUCTIONS = """
Reply in the language of the user.
Reply within two days.
Reply only once.
Apply the discount once.
Apply for leave two weeks ahead.
Comply with local law.
Rely on official sources.
Supply a reason with every refusal.
Supply two references.
Enable two-factor authentication.
Enable logging before the test.
Fact-check every claim before publication.
Fact-check quotations.
Co-locate tests with the code they test.
Co-locate backups and keys never.
Hand over the keys at the end of the shift.
Hand the case to a person.
Double-check addresses.
Cross-check figures against the ledger.
Anonymize records before sharing.
Sanitize all input.
Rebase onto main before opening a pull request.
Deprecate old endpoints gradually.
Hardcode no secrets.
Pin dependencies to exact versions.
Squash commits before merging.
Cache results for an hour.
Back up the database every night.
Log out after each session.
Sign off every change.
Tag each ticket with its product.
Batch writes where possible.
Quote sources by name.
File the report within 24 hours.
Sort imports alphabetically.
Type all public functions.
Prefix private names with an underscore.
Name tests after what they check.
Document public functions.
Comment your code sparingly.
Test edge cases first.
Report bugs on the tracker.
Limit replies to three sentences.
Order lists by importance.
Cite sources.
Escort visitors at all times.
Whitelist trusted domains only.
Triage new issues daily.
Onboard new members in pairs.
Dispose of batteries safely.
Store chemicals in locked cabinets.
Bill hours weekly.
Invoice customers monthly.
Assign each task an owner.
Acknowledge mistakes openly.
Steer the conversation back to the product.
Err on the side of caution.
Phrase questions neutrally.
Credit photographers.
Clean the grill after every shift.
Close files after use.
Open the valve slowly.
Complete the checklist before take-off.
Correct errors promptly.
Present options side by side.
Separate facts from opinions.
Empty the bins daily.
Lower the flag at dusk.
Clear the cache first.
Welcome newcomers warmly.
Prefer composition over inheritance.
Read the manual.
Set a timeout on every call.
Put safety first.
Let customers finish.
Cut jargon.
Cost each option.
Split long functions.
Match the user's tone.
Mirror the customer's wording.
Mask card numbers in logs.
Water the plants on Fridays.
Quietly leave the room.
Promptly notify the owner.
Kindly wait at the desk.
Work in pairs on risky changes.
Look for simpler answers first.
Watch for signs of distress.
Stay calm.
Be kind.
Wear a helmet.
Switch off the lights.
Autofill nothing.
Gatekeep nobody.
Upskill new staff within a month.
Timebox meetings.
Render lists as bullets.
Format dates as day, month and year.
Structure answers with headings.
Label every figure.
Address customers by name.
Focus on facts.
Handle complaints calmly.
Question assumptions.
Challenge weak arguments.
Support claims with evidence.
Contact the supervisor.
Approach patients from the front.
Flag suspicious requests.
Record every call.
Outline the steps first.
Process refunds within five days.
Review logs weekly.
""".strip().splitlines()
"""They open with a verb in base form."""
THINGS = """
Reply times vary by region.
Supply of electricity in the north.
Hand luggage of up to 8 kg.
Fact sheets for staff.
Report of the committee.
Reports from the field.
Contact details of the office.
Contact with animals.
Release notes of version two.
Use cases of the product.
Use of the pool is free.
Cover letter and CV.
Email address of the customer.
Order number and date.
Order history for members.
Access to the archive.
Practice in the field differs.
Process overview.
Returns and refunds.
Change log.
Changes in 2024.
Request for comments.
Care in the community.
Work on the model began in 2019.
Place of birth.
Set of tools for editors.
Rest days are unpaid.
Leave of absence.
Clean rooms on the second floor.
Free delivery in the city.
Direct flights to Rome.
Live music every Friday.
Secure connection over TLS.
Last updated in May.
Further reading.
Next steps.
Light meals with tea.
Even calls through trusted tools carry risk.
Like our models, this page changes.
Past results of the team.
Data flows one way.
Water is supplied by the city.
Staff lounge on the ground floor.
Overview of changes.
Questions about pay.
Question time with the board.
Market prices of last week.
Price list for members.
Model behaviour differs between versions.
Training data from 2021.
Display name of the user.
Document formats we know.
Share prices fell.
Share of answers that refuse.
Mean length of the answers.
Name and address.
Name of the applicant.
Title case.
Format of the file.
Content for adults.
Impact matters more than intent.
Concern for wellbeing means much.
Consent is an ongoing process.
Respect for others is central to our work.
Trust takes time.
Love is all around.
Help is available at the desk.
Feedback on drafts.
Travel within Europe.
Study leave for staff.
State law in Texas.
Second place goes to the team in blue.
Matter of taste.
Record numbers of visitors came.
Note on method.
Reason for leaving.
Need for speed.
Subject line of the message.
Target audience and tone.
Sound effects in videos.
Patient records from 2010.
Attempt number three.
Double rooms with a view.
Double standards in the press.
Group tours of the museum.
Guide dogs are welcome.
Guide to the archive.
Track record of the team.
Benefits of membership.
Key questions include age and income.
Long answers tire readers.
Welcome to the handbook.
Thanks to all contributors.
Based on customer feedback from 2023.
Given names come first.
Approach to risk.
Review of the year.
Design of the study.
Plan B.
Step one of three.
Email: help@example.org
Date of birth and place of residence.
Bank details of the supplier.
Default settings of the app.
Forward planning in teams.
Spare parts from the maker.
Trial period of a month.
Complaint forms at the desk.
Experience with children.
Age and gender.
Code decides a rule only if it accounts for its words.
Demand for seats was high.
Address book of the firm.
Heat in the summer months.
Land use in the valley.
Board members and staff.
Stress at work.
Exercise in the open air.
""".strip().splitlines()
"""They open with a word that can be a verb but is a noun or an adjective."""


@pytest.mark.parametrize("sentence", DEMANDS)
def test_a_demand_is_read_as_one(sentence: str) -> None:
    duty = obligation(sentence)
    assert duty is not None
    assert not duty.negative


@pytest.mark.parametrize("sentence", BANS)
def test_a_ban_is_read_as_one(sentence: str) -> None:
    duty = obligation(sentence)
    assert duty is not None
    assert duty.negative


@pytest.mark.parametrize("sentence", NO_RULES)
def test_what_obliges_nobody_is_no_rule(sentence: str) -> None:
    assert obligation(sentence) is None


@pytest.mark.parametrize("sentence", INSTRUCTIONS)
def test_a_verb_in_base_form_opens_an_instruction(sentence: str) -> None:
    assert opens_with_verb(sentence)


@pytest.mark.parametrize("sentence", THINGS)
def test_a_noun_that_could_be_a_verb_opens_none(sentence: str) -> None:
    assert not opens_with_verb(sentence)
