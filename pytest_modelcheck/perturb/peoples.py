"""Words of which one can stand for another: countries and religions, by grammar.

Within a group, every row has the same categories of words, and any row can take the place of any other
without other changes to a sentence. Common knowledge; names that are those of people, birds or dishes as
well (Jordan, Chad, Georgia, Turkey) are left out.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import Final

Row = tuple[str, ...]


def _rows(text: str) -> tuple[Row, ...]:
    return tuple(tuple(word.strip() for word in line.split(",")) for line in text.strip().splitlines())


# country, adjective that is the word for a person too, several of them
COUNTRIES: Final = _rows("""
Germany, German, Germans
Italy, Italian, Italians
Greece, Greek, Greeks
Austria, Austrian, Austrians
Belgium, Belgian, Belgians
Norway, Norwegian, Norwegians
Hungary, Hungarian, Hungarians
Romania, Romanian, Romanians
Bulgaria, Bulgarian, Bulgarians
Ukraine, Ukrainian, Ukrainians
Russia, Russian, Russians
Serbia, Serbian, Serbians
Croatia, Croatian, Croatians
Estonia, Estonian, Estonians
Albania, Albanian, Albanians
Canada, Canadian, Canadians
Mexico, Mexican, Mexicans
Cuba, Cuban, Cubans
Brazil, Brazilian, Brazilians
Argentina, Argentinian, Argentinians
Chile, Chilean, Chileans
Peru, Peruvian, Peruvians
Colombia, Colombian, Colombians
Venezuela, Venezuelan, Venezuelans
Ecuador, Ecuadorian, Ecuadorians
Bolivia, Bolivian, Bolivians
Jamaica, Jamaican, Jamaicans
Haiti, Haitian, Haitians
Australia, Australian, Australians
Nigeria, Nigerian, Nigerians
Kenya, Kenyan, Kenyans
Ghana, Ghanaian, Ghanaians
Ethiopia, Ethiopian, Ethiopians
Eritrea, Eritrean, Eritreans
Uganda, Ugandan, Ugandans
Tanzania, Tanzanian, Tanzanians
Egypt, Egyptian, Egyptians
Morocco, Moroccan, Moroccans
Algeria, Algerian, Algerians
Tunisia, Tunisian, Tunisians
South Africa, South African, South Africans
Syria, Syrian, Syrians
Iraq, Iraqi, Iraqis
Iran, Iranian, Iranians
Israel, Israeli, Israelis
India, Indian, Indians
Pakistan, Pakistani, Pakistanis
Indonesia, Indonesian, Indonesians
Malaysia, Malaysian, Malaysians
Thailand, Thai, Thais
South Korea, South Korean, South Koreans
""")

# country, adjective
COUNTRIES_WITHOUT_A_PERSON: Final = _rows("""
France, French
Spain, Spanish
Poland, Polish
Sweden, Swedish
Denmark, Danish
Finland, Finnish
Ireland, Irish
Portugal, Portuguese
China, Chinese
Japan, Japanese
Vietnam, Vietnamese
Senegal, Senegalese
""")

# country that takes the article, adjective
COUNTRIES_WITH_THE: Final = _rows("""
Netherlands, Dutch
United Kingdom, British
United States, American
Philippines, Philippine
Czech Republic, Czech
Dominican Republic, Dominican
United Arab Emirates, Emirati
""")

# faith, person and adjective, several persons, house of worship, several of them, book
RELIGIONS: Final = _rows("""
Christianity, Christian, Christians, church, churches, Bible
Islam, Muslim, Muslims, mosque, mosques, Quran
Hinduism, Hindu, Hindus, mandir, mandirs, Gita
Sikhism, Sikh, Sikhs, gurdwara, gurdwaras, Granth
Buddhism, Buddhist, Buddhists, vihara, viharas, Tripitaka
""")

# men's word, women's word
GENDERED: Final = _rows("""
man, woman
men, women
boy, girl
boys, girls
male, female
males, females
husband, wife
husbands, wives
boyfriend, girlfriend
father, mother
fathers, mothers
dad, mom
son, daughter
sons, daughters
brother, sister
brothers, sisters
grandfather, grandmother
grandson, granddaughter
grandpa, grandma
uncle, aunt
nephew, niece
gentleman, lady
gentlemen, ladies
sir, madam
waiter, waitress
actor, actress
widower, widow
groom, bride
salesman, saleswoman
businessman, businesswoman
policeman, policewoman
""")
